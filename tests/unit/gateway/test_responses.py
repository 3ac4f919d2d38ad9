"""What HTTP status, gateway headers and envelopes become: the gateway's table, row by row."""

from __future__ import annotations

import pytest

from speedpix import (
    APIConnectionError,
    APIError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServerError,
)
from speedpix.gateway.responses import connection_failure, envelope, envelope_error, failure
from speedpix.gateway.retry import Outcome

from ..stage import gateway_error, ok, refused, reply

NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT

GATEWAY_ANSWERS = [
    # status, code, message, the error, what is known
    (403, "A403IS", "Invalid Signature", AuthenticationError, Outcome.FINAL),
    (
        400,
        "",
        "Invalid Signature, Server StringToSign:`POST#a`",
        AuthenticationError,
        Outcome.FINAL,
    ),
    (400, "A400IK", "Invalid AppKey", AuthenticationError, Outcome.FINAL),
    (403, "", "Invalid AppKey", AuthenticationError, Outcome.FINAL),
    (403, "A403IS", "Empty Signature", AuthenticationError, Outcome.FINAL),
    (403, "", "Empty Signature", AuthenticationError, Outcome.FINAL),
    (401, "", "who are you", AuthenticationError, Outcome.FINAL),
    (403, "", "Unauthorized", PermissionDeniedError, Outcome.FINAL),
    (403, "I403AA", "Unauthorized", PermissionDeniedError, Outcome.FINAL),
    (403, "A403EP", "Authorization Expired", PermissionDeniedError, Outcome.FINAL),
    (400, "", "Timestamp Expired", AuthenticationError, Outcome.FINAL),
    (400, "I400TE", "Timestamp Expired", AuthenticationError, Outcome.FINAL),
    (400, "", "Nonce Used", ServerError, Outcome.UNKNOWN),
    (400, "A400NU", "Nonce Used", ServerError, Outcome.UNKNOWN),
    (400, "I400MD", "Invalid Content-MD5", InvalidRequestError, Outcome.FINAL),
    (403, "B403OS", "Quota Exhausted", PermissionDeniedError, Outcome.FINAL),
    (403, "B403QE", "Quota Expired", PermissionDeniedError, Outcome.FINAL),
    (403, "", "User Arrears", PermissionDeniedError, Outcome.FINAL),
    (429, "T429FC", "Throttled by USER Flow Control", RateLimitError, Outcome.NOT_TAKEN),
    (403, "", "Throttled by APP Flow Control", RateLimitError, Outcome.NOT_TAKEN),
    (403, "", "Throttled by DOMAIN Flow Control", RateLimitError, Outcome.FINAL),
    (429, "T429DO", "Throttled by DOMAIN Flow Control", RateLimitError, Outcome.FINAL),
    (429, "", "", RateLimitError, Outcome.REFUSED),
    (500, "", "", ServerError, Outcome.UNKNOWN),
    (502, "", "", ServerError, Outcome.UNKNOWN),
    (503, "D503BB", "Backend Unavailable", ServerError, Outcome.UNKNOWN),
    (504, "D504RE", "Backend Timeout", ServerError, Outcome.UNKNOWN),
    (500, "X500ER", "Service Internal Error", ServerError, Outcome.UNKNOWN),
    (400, "X400XX", "Gateway Trouble", ServerError, Outcome.UNKNOWN),
    (499, "N499CC", "Network Trouble", ServerError, Outcome.UNKNOWN),
    (200, "D200XX", "A code beside HTTP 200", ServerError, Outcome.UNKNOWN),
    (404, "I404NF", "API Not Found", NotFoundError, Outcome.FINAL),
    (404, "", "", NotFoundError, Outcome.FINAL),
    (400, "I400MH", "Header Required", InvalidRequestError, Outcome.FINAL),
    (413, "I413RL", "Request body too large", InvalidRequestError, Outcome.FINAL),
    # Codes and statuses that nobody has seen.
    (400, "Z999ZZ", "Something new", InvalidRequestError, Outcome.FINAL),
    (418, "", "teapot", InvalidRequestError, Outcome.FINAL),
    (600, "", "", ServerError, Outcome.UNKNOWN),
    (204, "", "", ServerError, Outcome.UNKNOWN),
]


@pytest.mark.parametrize(("status", "code", "message", "kind", "outcome"), GATEWAY_ANSWERS)
def test_an_answer_of_the_gateway(status, code, message, kind, outcome):
    found = failure(gateway_error(status, code, message), now=NOW)
    assert type(found.error) is kind
    assert found.outcome is outcome
    assert found.error.status_code == status
    assert found.error.code == (code or None)
    assert found.error.request_id == "request-1"
    assert "request-1" in str(found.error)
    assert found.error.message


def test_a_good_answer_is_no_failure():
    assert failure(ok(taskId="t"), now=NOW) is None


def test_the_gateways_own_words_lead_the_message():
    found = failure(gateway_error(403, "B403OS", "Quota Exhausted"), now=NOW)
    assert str(found.error).startswith("Quota Exhausted")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_told_and_not_followed(status):
    found = failure(reply(b"", status, location="https://elsewhere.test/"), now=NOW)
    assert isinstance(found.error, ServerError)
    assert "redirect" in found.error.message
    # Nothing was acted on: a poll may try again, a submit is not repeated.
    assert found.outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Fri, 15 Jan 2027 08:00:30 GMT", 30.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("9" * 40, None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value, seconds):
    for status, code in ((429, "T429XX"), (503, "")):
        found = failure(gateway_error(status, code, "busy", retry_after=value), now=NOW)
        assert found.retry_after == seconds


def test_the_clocks_error_is_measured_from_the_date_header():
    answer = gateway_error(400, "", "Timestamp Expired", date="Fri, 15 Jan 2027 12:00:00 GMT")
    found = failure(answer, now=NOW)
    assert found.clock_offset == 4 * 3600
    assert found.outcome is Outcome.NOT_TAKEN
    assert "clock" in found.error.message


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 99 Jan 2027 12:00:00 GMT"])
def test_without_a_readable_date_the_clock_cannot_be_corrected(date):
    found = failure(gateway_error(400, "", "Timestamp Expired", date=date), now=NOW)
    assert found.clock_offset is None
    assert found.outcome is Outcome.FINAL


LOCAL = "POST\naccept\nmd5\ntype\ndate\nx-ca-key:the-app-key\nx-ca-nonce:n\n/scc/comfy_prompt"


def test_a_refused_signature_names_the_field_that_differs_and_quotes_nothing():
    server = LOCAL.replace("accept", "*/*").replace("\n", "#")
    answer = gateway_error(403, "A403IS", f"Invalid Signature, Server StringToSign:`{server}`")
    text = str(failure(answer, now=NOW, string_to_sign=lambda: LOCAL).error)
    assert "Invalid Signature" in text
    assert "Accept" in text
    for part in ("the-app-key", "x-ca-nonce", "*/*", "/scc/"):
        assert part not in text


def test_a_refused_signature_of_equal_strings_blames_the_secret():
    answer = gateway_error(
        400, "", f"Invalid Signature, Server StringToSign:`{LOCAL}`".replace("\n", "#")
    )
    text = str(failure(answer, now=NOW, string_to_sign=lambda: LOCAL).error)
    assert "SPEEDPIX_APP_SECRET" in text
    assert "the-app-key" not in text


def test_a_refused_key_says_what_to_check():
    text = str(failure(gateway_error(400, "A400IK", "Invalid AppKey"), now=NOW).error)
    assert text.startswith("Invalid AppKey")
    assert "SPEEDPIX_APP_KEY" in text


def test_an_error_page_is_quoted_briefly_and_without_tags():
    page = b"<html><body><h1>Bad Gateway</h1>" + b"<p>nginx</p>" * 5000 + b"</body></html>"
    found = failure(reply(page, 502, content_type="text/html"), now=NOW)
    assert "Bad Gateway" in found.error.message
    assert "<" not in found.error.message
    assert len(found.error.message) < 300


def test_a_bodys_envelope_explains_a_bad_status():
    answer = reply({"status": 20, "subErrMessage": "the pool is full"}, 503)
    assert failure(answer, now=NOW).error.message.startswith("the pool is full")


@pytest.mark.parametrize(("sent", "outcome"), [(True, Outcome.UNKNOWN), (False, Outcome.NOT_TAKEN)])
def test_a_broken_connection(sent, outcome):
    found = connection_failure(APIConnectionError("it broke", sent=sent))
    assert found.outcome is outcome


SENSELESS = [
    b"",
    b"<html>captive portal</html>",
    b"[1, 2]",
    b'"text"',
    b"null",
    b"7",
    b"\xff\xfe",
    b'{"status": 10',
    b'{"status": 10}',
    b'{"status": 10, "data": null}',
    b'{"status": 10, "data": []}',
    b'{"status": 10, "data": "x"}',
    b"[" * 100_000,
    b'{"a":' * 100_000,
]


@pytest.mark.parametrize("body", SENSELESS, ids=lambda body: repr(body[:24]))
def test_a_senseless_answer_is_a_server_error(body):
    with pytest.raises(ServerError, match="can't be understood") as caught:
        envelope(reply(body, x_ca_request_id="request-2"))
    assert caught.value.request_id == "request-2"
    assert caught.value.status_code == 200


def test_an_envelope_without_data_that_reports_a_failure_has_sense():
    content = envelope(reply({"status": 20, "data": None, "errMessage": "no"}))
    assert envelope_error(content, reply()).message == "no"


def test_the_more_specific_detail_leads():
    answer = refused("the image is too dark", "IMAGE_DARK")
    error = envelope_error(envelope(answer), answer)
    assert str(error).startswith("the image is too dark")
    assert error.code == "IMAGE_DARK"
    assert error.invoke_id == "i_2"
    assert "i_2" in str(error)


@pytest.mark.parametrize(
    ("fields", "message", "code"),
    [
        ({"errMessage": "outer", "errCode": "E"}, "outer", "E"),
        ({"errMessage": "outer", "subErrMessage": ""}, "outer", None),
        ({"errMessage": "outer", "subErrMessage": None, "subErrCode": "S"}, "outer", "S"),
        ({"subErrMessage": 404, "subErrCode": 7}, "404", "7"),
    ],
)
def test_absent_null_and_empty_details_are_alike(fields, message, code):
    error = envelope_error({"status": 20, **fields}, reply())
    assert error.message == message
    assert error.code == code


def test_a_failure_without_a_reason_still_says_something():
    assert "no reason" in envelope_error({"status": 20}, reply()).message


@pytest.mark.parametrize("status", [20, 0, 11, "10", True, [], {}])
def test_every_other_status_is_a_failure(status):
    assert isinstance(envelope_error({"status": status}, reply()), APIError)


@pytest.mark.parametrize(
    "content", [{"status": 10}, {}, {"status": 10, "errCode": 0, "subErrCode": ""}]
)
def test_success_is_no_error(content):
    assert envelope_error(content, reply()) is None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("WORKFLOW_NOT_FOUND", "no"),
        ("TaskNotExist", "no"),
        ("", "The workflow does not exist"),
        ("", "task not found"),
    ],
)
def test_what_is_missing_is_not_found(code, message):
    answer = refused(message, code)
    assert isinstance(envelope_error(envelope(answer), answer), NotFoundError)


def test_unknown_fields_are_ignored():
    answer = reply({"status": 10, "data": {"new": 1}, "novel": {"x": [1]}})
    assert envelope(answer)["data"] == {"new": 1}
    assert envelope_error(envelope(answer), answer) is None


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_an_error_status_with_an_envelope_tells_its_code_and_id(status):
    answer = reply(
        {"status": 20, "apiInvokeId": "i_9", "subErrCode": "BUSY", "subErrMessage": "too busy"},
        status,
        x_ca_request_id="request-1",
    )
    error = failure(answer, now=NOW).error
    assert (error.status_code, error.code, error.invoke_id) == (status, "BUSY", "i_9")
    assert error.request_id == "request-1"
    assert "too busy" in error.message


def test_an_error_status_with_an_envelope_that_names_what_is_missing():
    answer = reply({"status": 20, "errCode": "WORKFLOW_NOT_FOUND", "errMessage": "none"}, 400)
    assert type(failure(answer, now=NOW).error) is NotFoundError


@pytest.mark.parametrize("code", ["0", "OK", "200"])
def test_a_code_of_a_success_is_ignored(code):
    answer = reply({"status": 10, "errCode": code, "subErrCode": code, "data": {"taskId": "1"}})
    assert envelope_error(envelope(answer), answer) is None
