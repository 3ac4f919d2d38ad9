"""The store's refusals: understood, and quoted without what is secret in them."""

from __future__ import annotations

import pytest

from speedpix import DownloadError, UploadError
from speedpix.files.store import is_expired, is_foreign, store_failure
from speedpix.gateway.retry import Outcome

REFUSAL = b"""<?xml version="1.0" encoding="UTF-8"?>
<Error>
  <Code>SignatureDoesNotMatch</Code>
  <Message>The signature does not match; https://store.test/a?Signature=abc%3D&amp;x=1 .</Message>
  <RequestId>5C3D9175B6FC201293AD4890</RequestId>
  <HostId>store.test</HostId>
  <OSSAccessKeyId>LTAIsecretkeyid</OSSAccessKeyId>
  <SignatureProvided>abc=</SignatureProvided>
  <StringToSign>PUT\n\nimage/png\n1800000000\n/bucket/a</StringToSign>
</Error>"""


def refusal(status=403, body=REFUSAL, headers=None, kind=UploadError):
    return store_failure(status, headers or {}, body, kind, "'a.png' was not uploaded")


def test_code_message_and_id_are_taken():
    error = refusal().error
    assert str(error).startswith("'a.png' was not uploaded: the store answered with HTTP 403")
    assert error.code == "SignatureDoesNotMatch"
    assert error.request_id == "5C3D9175B6FC201293AD4890"
    assert "The signature does not match" in str(error)


@pytest.mark.parametrize(
    "secret", ["LTAIsecretkeyid", "Signature=", "abc", "1800000000", "/bucket/", "https://"]
)
def test_what_was_signed_and_with_whose_key_is_not_shown(secret):
    error = refusal().error
    assert secret not in str(error)
    assert secret not in repr(vars(error))


def test_the_header_names_the_request_first():
    assert refusal(headers={"x-oss-request-id": "from-header"}).error.request_id == "from-header"


@pytest.mark.parametrize("kind", [UploadError, DownloadError])
def test_the_error_is_of_the_kind_asked_for(kind):
    assert type(refusal(kind=kind).error) is kind


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (400, Outcome.FINAL),
        (403, Outcome.FINAL),
        (404, Outcome.FINAL),
        (302, Outcome.UNKNOWN),
        (408, Outcome.UNKNOWN),
        (429, Outcome.UNKNOWN),
        (500, Outcome.UNKNOWN),
        (503, Outcome.UNKNOWN),
    ],
)
def test_what_passes_is_tried_again(status, outcome):
    assert refusal(status).outcome is outcome


@pytest.mark.parametrize(
    "body",
    [b"", b"not xml", b"<html>502</html>", b"<Error><Code></Code></Error>", b"\xff\xfe<Code>"],
)
def test_any_body_is_survived(body):
    error = refusal(body=body).error
    assert error.code is None
    assert "HTTP 403" in str(error)


@pytest.mark.parametrize(
    ("status", "code", "expired"),
    [
        (403, "AccessDenied", True),
        (403, "", True),
        (403, "SignatureDoesNotMatch", False),
        (404, "NoSuchKey", False),
        (400, "AccessDenied", False),
    ],
)
def test_an_expired_url_is_recognised(status, code, expired):
    body = f"<Error><Code>{code}</Code></Error>".encode() if code else b""
    assert is_expired(refusal(status, body).error) is expired


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({"content-type": "text/html"}, True),
        ({"content-type": "text/html; charset=utf-8"}, True),
        ({"content-type": "text/html", "etag": '"x"'}, False),
        ({"content-type": "image/png"}, False),
        ({}, False),
    ],
)
def test_a_login_page_is_not_taken_for_the_store(headers, foreign):
    assert is_foreign(headers) is foreign
