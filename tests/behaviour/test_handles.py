"""The handle of a run: its result, whether it is done, and how its errors name it."""

from __future__ import annotations

import math

import pytest

import speedpix
from speedpix import (
    NotFoundError,
    Output,
    PredictionError,
    PredictionTimeoutError,
    Progress,
    RateLimitError,
)

from .conftest import awaited, png


@pytest.fixture(params=["blocking", "with await"])
def call(request):
    """Call a method of a value by its name, or its twin."""

    def run(value, name, *arguments, **options):
        if request.param == "blocking":
            return getattr(value, name)(*arguments, **options)
        return awaited(getattr(value, f"async_{name}"), *arguments, **options)

    return run


def test_the_result_is_the_output(client, call):
    prediction = client.run("echo", {"a": 1}, wait=False)
    output = call(prediction, "result", timeout=60)
    assert output == {"given": {"a": 1}}
    assert output is prediction.output
    assert isinstance(output, Output)


def test_a_result_takes_the_options_of_a_wait(client, call):
    told = []
    prediction = client.run("echo", {}, wait=False)
    call(prediction, "result", 0.5, 60.0, on_progress=told.append)
    assert told[-1].status == "succeeded"


def test_there_is_no_result_of_a_run_that_fails_or_takes_too_long(client, call):
    with pytest.raises(PredictionError):
        call(client.run("failing", {}, wait=False), "result")
    with pytest.raises(PredictionTimeoutError):
        call(client.run("invert", {"image": png()}, wait=False), "result", timeout=5)


def test_a_run_is_done_when_it_was_heard_to_have_ended(client, sent):
    prediction = client.run("echo", {}, wait=False)
    assert prediction.done is False
    prediction.wait()
    failed = client.run("failing", {}, wait=False)
    with pytest.raises(PredictionError):
        failed.wait()
    asked = len(sent())
    assert prediction.done is True
    assert failed.done is True
    assert len(sent()) == asked


def test_who_is_told_of_a_run_learns_its_id_from_the_submit_on(client, call, emulator):
    told = []
    call(client, "run", "echo", {}, on_progress=told.append)
    known = client.predictions.list()[0].id
    assert told[0].status == "waiting"
    assert {progress.prediction_id for progress in told} == {known}
    assert client.predictions.get(known).progress.prediction_id == known
    assert next(client.run("echo", {}, wait=False).stream()).prediction_id


def test_whose_a_progress_is_does_not_count_when_two_are_compared():
    assert Progress("running", prediction_id="a") == Progress("running", prediction_id="b")


def test_an_error_knows_the_run_that_it_is_about(client):
    with pytest.raises(PredictionError) as caught:
        client.run("failing", {})
    assert caught.value.prediction_id == caught.value.prediction.id
    with pytest.raises(NotFoundError) as caught:
        client.run("no-such-workflow", {})
    assert caught.value.prediction_id is None
    assert not hasattr(caught.value, "prediction")


def test_an_error_tells_how_long_the_service_asks_to_wait(make_client, emulator):
    from speedpix_emulator.fault_catalogue import http_status

    throttled = http_status(429, "T429XX", "Throttled", retry_after="7")
    emulator.faults.add("submit", throttled, 1)
    with pytest.raises(RateLimitError) as caught:
        make_client(max_retries=0).run("echo", {})
    assert caught.value.retry_after == 7.0
    with pytest.raises(NotFoundError) as caught:
        make_client(max_retries=0).run("no-such-workflow", {})
    assert caught.value.retry_after is None


@pytest.mark.parametrize("method", ["wait", "result"])
def test_a_number_that_might_be_a_timeout_is_refused(client, call, sent, method):
    prediction = client.run("echo", {}, wait=False)
    asked = len(sent())
    for number in (60, 10.5, math.inf):
        with pytest.raises(TypeError, match=rf"timeout={number}.*polling_interval={number}"):
            call(prediction, method, number)
    assert len(sent()) == asked
    for given in ({"polling_interval": 60}, {"timeout": 60}):
        assert call(prediction, method, **given)
    assert call(prediction, method, 10)
    assert call(prediction, method, 60, 300)
    assert call(prediction, method, 60, timeout=300)


def test_a_stream_refuses_it_too(client):
    prediction = client.run("echo", {}, wait=False)
    with pytest.raises(TypeError, match=r"stream\(timeout=60\)"):
        prediction.stream(60)
    assert list(prediction.stream(polling_interval=60, timeout=60))


@pytest.mark.parametrize("start", [speedpix.run, None])
def test_a_timeout_of_a_run_is_told_which_there_are(client, start, sent):
    begin = client.predictions.create if start is None else start
    options = {} if start is None else {"client": client}
    with pytest.raises(TypeError, match=r"wait_timeout=.*with_options\(timeout="):
        begin("echo", {}, timeout=5, **options)
    with pytest.raises(TypeError, match=r"with_options\(max_retries="):
        begin("echo", {}, max_retries=0, **options)
    assert sent() == []
