"""Following a run to its end, poll by poll, on a clock that only sleeping moves."""

from __future__ import annotations

import math
from datetime import datetime, timezone

import pytest

from speedpix import (
    APIConnectionError,
    AuthenticationError,
    InvalidRequestError,
    PermissionDeniedError,
    Prediction,
    PredictionError,
    PredictionTimeoutError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
)
from speedpix.constants import LAST_POLL_PATIENCE
from speedpix.flow.clock import Instant
from speedpix.predictions.options import Wait
from speedpix.predictions.wait import carrying, reload, wait
from speedpix.values.progress import Progress

from ..stage import Stage, gateway_error, ok, refused, reply

URL = "https://store.test/out.png"
RUNNING = ok(status="running", progress=0.5)
WAITING = ok(status="waiting", lastQueueRemaining=3, etaRelative=0, progress=0)
SUCCEEDED = ok(status="succeeded", progress=1)
FAILED = ok(status="failed", message="node 3 failed")
RESULT = ok(
    status="succeeded",
    taskDuration=1500,
    taskBeginTime=1_800_000_000_000,
    taskEndTime=1_800_000_001_500,
    result={"images": {"url": URL, "type": "image"}, "seed": 7},
)


def follow(stage, *answers, interval=1.0, timeout=math.inf, **known):
    prediction = Prediction(id="run-1", status="waiting", **known)
    flow = carrying(prediction, wait(stage.context, prediction, Wait(interval, timeout)))
    stage.run(flow, *answers)
    return prediction


def test_a_run_is_followed_to_its_output(stage):
    prediction = follow(stage, WAITING, RUNNING, SUCCEEDED, RESULT)
    assert prediction.status == "succeeded"
    assert prediction.output == {"images": {"url": URL, "type": "image"}, "seed": 7}
    assert hasattr(prediction.output["images"], "save")
    assert stage.paths == ["comfy_get_progress"] * 3 + ["comfy_get_result"]
    assert set(stage.bodies) == {b'{"taskId":"run-1"}'}


def test_times_are_aware_and_in_seconds(stage):
    prediction = follow(stage, SUCCEEDED, RESULT)
    assert prediction.begin == datetime(2027, 1, 15, 8, tzinfo=timezone.utc)
    assert (prediction.end - prediction.begin).total_seconds() == 1.5
    assert prediction.duration == 1.5
    assert prediction.invoke_id == "i_1"


def test_progress_tells_what_the_service_tells(stage):
    prediction = Prediction(id="run-1")
    stage.run(reload(stage.context, prediction), WAITING)
    assert (prediction.progress.status, prediction.progress.queue_length) == ("waiting", 3)
    assert prediction.progress.seconds_left is None  # it says 0 while waiting
    answer = ok(
        status="running",
        progress=0.25,
        etaRelative=4.5,
        message="sampling",
        state={"nodeLabel": "KSampler", "step": 5, "maxSteps": 20},
    )
    stage.run(reload(stage.context, prediction), answer)
    progress = prediction.progress
    assert (progress.fraction, progress.seconds_left) == (0.25, 4.5)
    assert (progress.node, progress.step, progress.steps) == ("KSampler", 5, 20)
    assert progress.message == "sampling"
    assert prediction.status == "running"


@pytest.mark.parametrize(
    "fields",
    [
        {"progress": "half", "etaRelative": [], "lastQueueRemaining": {}, "state": "x"},
        {"progress": None, "etaRelative": None, "state": None, "message": None},
        {"progress": True, "etaRelative": "soon", "state": {"step": "x", "nodeLabel": 7}},
        {"progress": 1e999, "etaRelative": -1e999},
        {"novel": {"deep": [1]}},
        {},
    ],
)
def test_progress_of_the_wrong_type_is_left_out(stage, fields):
    prediction = Prediction(id="run-1")
    stage.run(reload(stage.context, prediction), ok(status="running", **fields))
    progress = prediction.progress
    assert progress.status == "running"
    assert (progress.fraction, progress.queue_length, progress.node) == (None, None, None)


@pytest.mark.parametrize(("told", "fraction"), [(-1, 0.0), (0.5, 0.5), (7, 1.0), ("0.5", 0.5)])
def test_the_fraction_is_one(stage, told, fraction):
    prediction = Prediction(id="run-1")
    stage.run(reload(stage.context, prediction), ok(status="running", progress=told))
    assert prediction.progress.fraction == fraction


def test_success_in_both_spellings(stage):
    assert follow(stage, ok(status="successed"), RESULT).status == "succeeded"
    again = ok(status="successed", result={"a": 1})
    assert follow(stage, SUCCEEDED, again).output == {"a": 1}


@pytest.mark.parametrize("status", ["novel", "queued", "SUCCEEDED"])
def test_an_unknown_status_without_a_result_keeps_polling(stage, status):
    unknown = ok(status=status)
    prediction = follow(stage, *[unknown, unknown] * 2, SUCCEEDED, RESULT)
    assert prediction.status == "succeeded"


@pytest.mark.parametrize(
    "reason",
    [
        refused("the sampler ran out of memory", "NODE_FAILED"),
        refused("the sampler ran out of memory", "NODE_FAILED", data={"status": "failed"}),
    ],
)
def test_a_failed_run_whatever_its_envelope(stage, reason):
    with pytest.raises(PredictionError) as caught:
        follow(stage, RUNNING, FAILED, reason)
    error = caught.value
    assert str(error).startswith("the sampler ran out of memory")
    assert "run-1" in str(error)
    assert error.prediction.status == "failed"
    assert error.prediction.error == error.message == "the sampler ran out of memory"
    assert error.prediction.error_code == error.code == "NODE_FAILED"
    assert error.invoke_id == error.prediction.invoke_id == "i_2"


@pytest.mark.parametrize(
    "answers",
    [
        (FAILED, ok(status="failed")),
        (SUCCEEDED, ok(status="failed")),
        (SUCCEEDED, refused("node 3 failed", data={"status": "failed"})),
        (refused("node 3 failed", data={"status": "failed"}), refused("node 3 failed")),
        (FAILED, *[reply(b"", 500)] * 6),
    ],
)
def test_a_failed_status_is_always_a_failed_run(stage, answers):
    with pytest.raises(PredictionError) as caught:
        follow(stage, *answers)
    assert caught.value.prediction.status == "failed"
    assert caught.value.prediction.error


def test_a_reload_does_not_raise_for_a_failed_run(stage):
    prediction = Prediction(id="run-1")
    stage.run(reload(stage.context, prediction), FAILED, refused("why", "CODE"))
    assert (prediction.status, prediction.error, prediction.error_code) == ("failed", "why", "CODE")


def test_a_result_that_lags_behind_is_asked_for_again(stage):
    prediction = follow(
        stage, SUCCEEDED, ok(status="running"), SUCCEEDED, ok(status="waiting"), SUCCEEDED, RESULT
    )
    assert prediction.output["seed"] == 7


def test_a_finished_run_is_not_asked_about(stage):
    prediction = follow(stage, SUCCEEDED, RESULT)
    stage.run(wait(stage.context, prediction, Wait(1.0)))
    failed = Prediction(id="run-2", status="failed", error="why")
    with pytest.raises(PredictionError, match="why"):
        stage.run(wait(stage.context, failed, Wait(1.0)))
    assert len(stage.requests) == 2


BAD = gateway_error(503, "D503BB", "Backend Unavailable")


@pytest.fixture
def impatient():
    """A stage without retries, so that each bad answer is a bad poll."""
    return Stage(max_retries=0)


@pytest.mark.parametrize(
    "bad",
    [BAD, APIConnectionError("broke"), refused("not now"), reply(b"<html>"), reply(b"[]")],
)
def test_bad_polls_are_outlived_as_long_as_good_ones_come(impatient, bad):
    follow(impatient, bad, bad, RUNNING, bad, bad, RUNNING, bad, SUCCEEDED, bad, SUCCEEDED, RESULT)


@pytest.mark.parametrize("bad", [ok(status=7), ok(status=None), ok(), ok(progress=0.5)])
def test_progress_without_a_status_is_a_bad_poll(impatient, bad):
    follow(impatient, bad, bad, RUNNING, bad, SUCCEEDED, RESULT)


@pytest.mark.parametrize("fields", [{"images": "x"}, {"images": [7]}, {"result": [1]}])
def test_a_result_of_the_wrong_type_is_a_bad_poll(impatient, fields):
    follow(impatient, SUCCEEDED, ok(status="succeeded", **fields), SUCCEEDED, RESULT)


def test_a_poll_that_stays_bad_is_raised_with_the_run(impatient):
    refusal = refused("not yours")
    with pytest.raises(InvalidRequestError, match="not yours") as caught:
        follow(impatient, RUNNING, refusal, BAD, refusal, refusal)
    assert caught.value.prediction.id == "run-1"
    assert any("run-1" in note and "result()" in note for note in caught.value.__notes__)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (gateway_error(400, "A400IK", "Invalid AppKey"), AuthenticationError),
        (gateway_error(403, "", "Unauthorized"), PermissionDeniedError),
    ],
)
def test_what_asking_again_does_not_help_is_raised_at_once(stage, answer, kind):
    with pytest.raises(kind) as caught:
        follow(stage, answer)
    assert caught.value.prediction.id == "run-1"


def test_a_result_that_cannot_be_had_is_an_error_with_the_run(impatient):
    with pytest.raises(SpeedPixException) as caught:
        follow(impatient, *[SUCCEEDED, refused("the result is gone")] * 3)
    assert caught.value.prediction.id == "run-1"


@pytest.mark.parametrize("timeout", [0.0, 0.3, 7.0, 100.0])
def test_a_deadline_is_kept_and_the_run_carried(stage, timeout):
    with pytest.raises(PredictionTimeoutError) as caught:
        follow(stage, *[RUNNING] * 500, timeout=timeout)
    assert sum(stage.clock.sleeps) == pytest.approx(timeout)
    error = caught.value
    assert isinstance(error, TimeoutError)
    assert error.prediction.id == "run-1"
    assert error.prediction.status == "running"
    assert "run-1" in str(error)


BUSY = gateway_error(503, "D503BB", "busy", retry_after="1")


def test_a_deadline_cuts_retries_and_the_timeout_of_a_poll(stage):
    with pytest.raises(PredictionTimeoutError) as caught:
        follow(stage, RUNNING, BUSY, *[RUNNING] * 500, timeout=3)
    assert sum(stage.clock.sleeps) == pytest.approx(3)
    assert max(stage.timeouts) <= 3
    assert min(stage.timeouts) < 1
    assert caught.value.prediction.status == "running"


@pytest.mark.parametrize("asked", [9, 86400])
@pytest.mark.parametrize("timeout", [3, 70])
def test_who_is_asked_to_wait_beyond_the_deadline_is_told_so_at_once(stage, asked, timeout):
    asked += timeout
    busy = gateway_error(429, "T429XX", "throttled", retry_after=str(asked))
    with pytest.raises(
        PredictionTimeoutError, match=f"the {asked} s the service asks to"
    ) as caught:
        follow(stage, RUNNING, busy, timeout=timeout)
    assert sum(stage.clock.sleeps) < 3
    assert caught.value.retry_after == asked
    assert caught.value.prediction_id == "run-1"


@pytest.mark.parametrize("timeout", [3, 6])
def test_throttled_polls_do_not_outlast_the_wait(timeout):
    stage = Stage(max_retries=1)
    throttled = gateway_error(429, "T429XX", "throttled")
    with pytest.raises(PredictionTimeoutError):
        follow(stage, RUNNING, *[throttled] * 100, timeout=timeout)
    assert sum(stage.clock.sleeps) <= timeout + LAST_POLL_PATIENCE


def test_a_wait_asks_at_its_deadline_whatever_the_estimate(stage):
    submitted = Instant(stage.clock.monotonic())
    follow(
        stage,
        SUCCEEDED,
        RESULT,
        timeout=0.5,
        estimated_duration=600,
        progress=Progress(status="waiting"),
        submitted_instant=submitted,
    )
    assert sum(stage.clock.sleeps) == 0.5


def test_the_last_poll_has_a_second_of_its_own(stage):
    follow(stage, RUNNING, SUCCEEDED, RESULT, timeout=0.5)
    assert stage.timeouts == [0.5, LAST_POLL_PATIENCE, LAST_POLL_PATIENCE]


def test_a_poll_that_hangs_until_the_deadline_is_not_the_last(stage):
    def hang(_):
        stage.clock.advance(5)
        return APIConnectionError("timed out")

    assert follow(stage, hang, SUCCEEDED, RESULT, timeout=5).status == "succeeded"


def test_a_last_poll_that_fails_is_a_timeout():
    with pytest.raises(PredictionTimeoutError) as caught:
        follow(Stage(max_retries=0), APIConnectionError("broke"), timeout=0)
    assert isinstance(caught.value.__cause__, APIConnectionError)


def test_a_run_that_has_ended_is_not_timed_out(stage):
    assert follow(stage, SUCCEEDED, RESULT, timeout=0).output["seed"] == 7
    with pytest.raises(PredictionError):
        follow(stage, FAILED, RESULT, timeout=0)


def test_a_wait_can_be_taken_up_again(stage):
    prediction = Prediction(id="run-1")
    with pytest.raises(PredictionTimeoutError):
        stage.run(wait(stage.context, prediction, Wait(1.0, 0.01)), RUNNING, RUNNING)
    stage.run(wait(stage.context, prediction, Wait(1.0)), SUCCEEDED, RESULT)
    assert prediction.status == "succeeded"


@pytest.mark.parametrize("interval", [0.05, 0.5, 10.0])
def test_the_interval_is_the_longest_gap(stage, interval):
    follow(stage, *[RUNNING] * 200, SUCCEEDED, RESULT, interval=interval)
    assert max(stage.clock.sleeps) <= interval
    assert min(stage.clock.sleeps[1:]) > 0


def test_a_run_of_unknown_age_is_asked_for_at_once(stage):
    follow(stage, SUCCEEDED, RESULT, interval=10.0)
    assert stage.clock.sleeps == [0.0]


@pytest.mark.parametrize("interruption", [KeyboardInterrupt, SystemExit, MemoryError])
def test_an_interruption_carries_the_run_and_how_to_go_on(stage, interruption):
    with pytest.raises(interruption) as caught:
        follow(stage, RUNNING, interruption())
    assert caught.value.prediction.id == "run-1"
    assert caught.value.prediction.status == "running"
    assert caught.value.__notes__ == [
        (
            "the run run-1 was submitted; pick it up again with "
            'client.predictions.get("run-1").result()'
        )
    ]


def test_an_earlier_error_of_another_run_keeps_its_own(stage):
    other = SpeedPixException("x", prediction=Prediction(id="other"))
    with pytest.raises(SpeedPixException) as caught:
        stage.run(carrying(Prediction(id="run-1"), raising(other)))
    assert caught.value.prediction.id == "other"


def raising(error):
    raise error
    yield


def test_a_run_whose_submit_was_interrupted_cannot_be_followed(stage):
    for flow in (wait, reload):
        options = (1.0, math.inf) if flow is wait else ()
        prediction = Prediction(id="")
        with pytest.raises(SubmitOutcomeUnknownError) as caught:
            stage.run(carrying(prediction, flow(stage.context, prediction, *options)))
        assert caught.value.prediction is prediction
        assert not hasattr(caught.value, "__notes__")  # nobody knows that it was submitted
    assert stage.requests == []


def test_a_run_that_nobody_knows_is_an_error_on_reload(stage):
    with pytest.raises(InvalidRequestError, match="no task"):
        stage.run(reload(stage.context, Prediction(id="run-1")), refused("no task"))
