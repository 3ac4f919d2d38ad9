"""Telling how a run goes: who is told what, and when."""

from __future__ import annotations

import math

import pytest

from speedpix import InputError, Prediction, PredictionError, PredictionTimeoutError, Progress
from speedpix.flow.effects import Tell
from speedpix.predictions.options import Wait
from speedpix.predictions.wait import follow, wait

from ..stage import Stage, gateway_error, ok, refused
from .test_wait import FAILED, RESULT, RUNNING, SUCCEEDED, WAITING

QUEUED = Progress(status="waiting", queue_length=3, fraction=0.0)
HALF = Progress(status="running", fraction=0.5)
DONE = Progress(status="succeeded", fraction=1.0)


@pytest.fixture
def told():
    return []


@pytest.fixture
def tell(stage, told):
    """A function that follows a run, with what is told of it kept in `told`."""

    def run(*answers, on=stage, timeout=math.inf, **known):
        known = {"status": "waiting", "progress": Progress(status="waiting"), **known}
        prediction = Prediction(id="run-1", **known)
        on.run(follow(on.context, prediction, Wait(1.0, timeout, (told.append,))), *answers)
        return prediction

    return run


def test_each_change_is_told_once_from_the_submit_to_the_end(tell, told):
    tell(WAITING, WAITING, RUNNING, RUNNING, RUNNING, SUCCEEDED, RESULT)
    assert told == [Progress(status="waiting"), QUEUED, HALF, DONE]


def test_a_watcher_is_told_of_each_answer_before_the_listeners(stage, told):
    prediction = Prediction(id="run-1", status="waiting", progress=Progress(status="waiting"))

    def listen(news):
        told.append(("new", news))

    flow = wait(stage.context, prediction, Wait(1.0, listeners=[listen]), [told.append])
    stage.run(flow, RUNNING, gateway_error(404, "X", "busy"), RUNNING, SUCCEEDED, RESULT)
    assert told[2:] == [HALF, ("new", HALF), HALF, DONE, ("new", DONE)]


def test_a_change_back_is_a_change(tell, told):
    tell(RUNNING, WAITING, RUNNING, SUCCEEDED, RESULT)
    assert told[1:] == [HALF, QUEUED, HALF, DONE]


def test_what_is_not_known_yet_is_not_told(tell, told):
    tell(RUNNING, SUCCEEDED, RESULT, status=None, progress=Progress())
    assert told == [HALF, DONE]


@pytest.mark.parametrize("fields", [{}, {"progress": 0.99}, {"progress": "?"}])
def test_a_success_is_all_of_it(tell, told, fields):
    tell(ok(status="successed", **fields), RESULT)
    assert told[-1] == DONE


def test_the_end_is_told_when_the_output_is_there(tell, told):
    lagging = ok(status="running")
    tell(RUNNING, SUCCEEDED, lagging, SUCCEEDED, lagging, SUCCEEDED, RESULT)
    assert told == [Progress(status="waiting"), HALF, DONE]


def test_a_failure_is_told_before_it_is_raised(tell, told):
    with pytest.raises(PredictionError):
        tell(RUNNING, FAILED, refused("why"))
    assert told[-2:] == [HALF, Progress(status="failed", message="node 3 failed")]


def test_a_failure_that_only_the_result_tells_is_told_as_one(told, tell):
    impatient = Stage(max_retries=0)
    with pytest.raises(PredictionError):
        tell(RUNNING, *[SUCCEEDED, refused("no result")] * 3, on=impatient)
    assert [progress.status for progress in told] == ["waiting", "running", "failed"]


def test_a_bad_poll_is_not_told(tell, told):
    bad = gateway_error(503, "D503BB", "busy")
    tell(RUNNING, bad, bad, RUNNING, bad, SUCCEEDED, RESULT, on=Stage(max_retries=0))
    assert told == [Progress(status="waiting"), HALF, DONE]


def test_what_the_last_poll_heard_is_told_before_a_timeout(tell, told):
    with pytest.raises(PredictionTimeoutError):
        tell(*[RUNNING] * 5, timeout=0.5)
    assert told == [Progress(status="waiting"), HALF]


def test_of_a_run_that_has_ended_the_end_is_told(tell, told):
    tell(status="succeeded", output={}, progress=HALF)
    with pytest.raises(PredictionError):
        tell(status="failed", progress=Progress())
    assert told == [DONE, Progress(status="failed")]


@pytest.mark.parametrize("error", [ValueError("mine"), InputError("mine"), KeyboardInterrupt()])
def test_what_a_listener_raises_reaches_the_caller_with_the_run(stage, error):
    """Also an error of the SDK, which is no bad poll that would be passed over."""

    def listen(progress):
        if progress.status == "running":
            raise error

    prediction = Prediction(id="run-1", status="waiting", progress=QUEUED)
    with pytest.raises(type(error)) as caught:
        stage.run(follow(stage.context, prediction, Wait(1.0, listeners=(listen,))), RUNNING)
    assert caught.value is error
    assert error.prediction is prediction
    assert "run-1" in error.__notes__[0]


def test_when_nobody_listens_nothing_is_told(stage):
    prediction = Prediction(id="run-1", status="waiting", progress=QUEUED)
    effects = []

    def perform(effect):
        effects.append(effect)
        return Stage.perform(stage, effect)

    stage.perform = perform
    stage.run(follow(stage.context, prediction, Wait(1.0)), RUNNING, SUCCEEDED, RESULT)
    assert [each for each in effects if isinstance(each, Tell)] == []


def test_news_without_listeners_are_for_who_runs_the_flow(stage):
    """As a stream does, which takes them out of the flow."""
    prediction = Prediction(id="run-1", status="waiting", progress=QUEUED)
    flow = wait(stage.context, prediction, Wait(1.0, listeners=()))
    assert next(flow) == Tell((), QUEUED)
