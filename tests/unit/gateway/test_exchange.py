"""One call of the gateway, answer by answer."""

from __future__ import annotations

import math

import pytest

from speedpix import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    InvalidRequestError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
    SubmitOutcomeUnknownError,
)
from speedpix.flow.effects import Request
from speedpix.gateway.exchange import exchange
from speedpix.gateway.operations import operation_at
from speedpix.gateway.responses import envelope

from ..stage import ENDPOINT, Stage, gateway_error, ok, reply

POLL = "/scc/comfy_get_progress"
SUBMIT = "/scc/comfy_prompt"

BROKEN = APIConnectionError("the line broke")
UNREACHABLE = APIConnectionError("no route", sent=False)
HUNG = APITimeoutError("no answer")
THROTTLED = gateway_error(429, "T429FC", "Throttled by APP Flow Control")
NONCE_USED = gateway_error(400, "A400NU", "Nonce Used")
HTML = reply(b"<html>login</html>", content_type="text/html")


def call(stage, path, *answers, deadline=math.inf):
    request = Request("POST", f"{ENDPOINT}{path}", {}, b"{}")
    return stage.run(
        exchange(stage.gateway, operation_at(path), request, envelope, deadline=deadline), *answers
    )


def test_an_answer_with_sense_is_returned(stage):
    assert call(stage, SUBMIT, ok(taskId="t"))["data"] == {"taskId": "t"}
    assert stage.clock.sleeps == []
    assert stage.timeouts == [30.0]


PASSING = [
    BROKEN,
    UNREACHABLE,
    HUNG,
    THROTTLED,
    NONCE_USED,
    HTML,
    reply(b""),
    reply({"status": 10, "data": None}),
    reply(b"", 429),
    reply(b"", 500),
    reply(b"<html>", 502),
    gateway_error(503, "D503BB", "Backend Unavailable"),
    gateway_error(500, "X500ER", "Internal"),
]


@pytest.mark.parametrize("answer", PASSING)
def test_a_poll_is_sent_again(stage, answer):
    assert call(stage, POLL, answer, answer, ok(taskId="t"))
    assert len(stage.requests) == 3
    assert len(stage.clock.sleeps) == 2


@pytest.mark.parametrize("answer", [UNREACHABLE, THROTTLED])
def test_a_submit_that_was_certainly_not_taken_is_sent_again(stage, answer):
    assert call(stage, SUBMIT, answer, answer, ok(taskId="t"))
    assert len(stage.requests) == 3


@pytest.mark.parametrize(
    "answer",
    [BROKEN, HUNG, NONCE_USED, HTML, reply(b""), reply(b"", 500), gateway_error(503, "D503", "x")],
)
def test_a_submit_whose_outcome_is_unknown_is_never_sent_again(stage, answer):
    with pytest.raises(SubmitOutcomeUnknownError) as caught:
        call(stage, SUBMIT, answer)
    assert len(stage.requests) == 1
    assert caught.value.__cause__ is not None
    assert "not sent again" in str(caught.value)
    assert caught.value.status_code == getattr(answer, "status", None)


def test_a_429_of_the_backend_ends_a_submit_with_its_own_error(stage):
    with pytest.raises(RateLimitError):
        call(stage, SUBMIT, reply(b"", 429))
    assert len(stage.requests) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (gateway_error(400, "A400IK", "Invalid AppKey"), AuthenticationError),
        (gateway_error(403, "B403OS", "Quota Exhausted"), PermissionDeniedError),
        (gateway_error(403, "", "Throttled by DOMAIN Flow Control"), RateLimitError),
        (gateway_error(400, "I400MD", "Invalid Content-MD5"), InvalidRequestError),
    ],
)
@pytest.mark.parametrize("path", [SUBMIT, POLL])
def test_what_would_be_refused_again_is_not_sent_again(stage, path, answer, kind):
    with pytest.raises(kind):
        call(stage, path, answer)
    assert len(stage.requests) == 1


def test_an_unknown_path_is_treated_like_a_submit(stage):
    with pytest.raises(ServerError):
        call(stage, "/scc/something_new", reply(b"", 500))
    assert len(stage.requests) == 1


def test_every_attempt_is_signed_anew(stage):
    begin = stage.clock.time()
    call(stage, POLL, BROKEN, BROKEN, ok())
    for name in ("x-ca-nonce", "x-ca-signature"):
        assert len({request.headers[name] for request in stage.requests}) == 3
    assert len(set(stage.bodies)) == 1
    for request in stage.requests:
        told = int(request.headers["x-ca-timestamp"]) / 1000
        assert begin - 0.001 < told <= stage.clock.time()  # told in whole milliseconds


def test_attempts_are_bounded_and_the_last_error_raised():
    for retries in (0, 1, 5):
        stage = Stage(max_retries=retries)
        with pytest.raises(ServerError, match="HTTP 502"):
            call(stage, POLL, *[reply(b"", 500)] * retries, reply(b"", 502))
        assert len(stage.requests) == retries + 1


def test_time_is_bounded_too():
    stage = Stage(max_retries=1000)
    asked = gateway_error(503, "D503", "busy", retry_after="50")
    with pytest.raises(ServerError):
        call(stage, POLL, *[asked] * 3)
    assert sum(stage.clock.sleeps) < 120
    assert len(stage.requests) == 3


def test_a_deadline_cuts_waiting_and_timeouts(stage):
    deadline = stage.clock.monotonic() + 5
    slow = gateway_error(503, "D503", "busy", retry_after="3")
    with pytest.raises(ServerError):
        call(stage, POLL, slow, slow, deadline=deadline)
    assert stage.clock.monotonic() < deadline
    assert stage.timeouts[0] == 5
    assert 0 < stage.timeouts[1] <= 2


def test_a_clock_that_is_off_is_corrected_once_and_remembered(stage):
    date = "Fri, 15 Jan 2027 14:00:00 GMT"  # the stage's clock is six hours behind
    expired = gateway_error(400, "I400TE", "Timestamp Expired", date=date)
    assert call(stage, SUBMIT, expired, ok())
    assert stage.clock.sleeps == [0.0]
    told = [int(request.headers["x-ca-timestamp"]) / 1000 for request in stage.requests]
    assert told[1] - told[0] == 6 * 3600
    assert stage.requests[1].headers["date"] == date
    call(stage, POLL, ok())
    assert stage.requests[2].headers["date"] == date


def test_a_clock_that_stays_off_is_an_error(stage):
    expired = gateway_error(400, "", "Timestamp Expired", date="Fri, 15 Jan 2027 14:00:00 GMT")
    with pytest.raises(AuthenticationError, match="clock"):
        call(stage, POLL, expired, expired)
    assert len(stage.requests) == 2


def test_another_error_is_not_swallowed(stage):
    with pytest.raises(KeyboardInterrupt):
        call(stage, SUBMIT, KeyboardInterrupt())
