"""Uploading one file: signed, put, compared; again where that helps."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime, timezone

import pytest

from speedpix import APIConnectionError, NotFoundError, ServerError, UploadError
from speedpix.files.upload import upload
from speedpix.inputs.sources import from_bytes, from_path, from_stream

from ..inputs.test_sources import Pipe
from ..stage import gateway_error, ok, refused, reply

CONTENT = b"123456789"
CRC = "11051210869376104954"
MD5 = hashlib.md5(CONTENT).hexdigest()
STORED = reply(b"", 200, x_oss_hash_crc64ecma=CRC, etag=f'"{MD5.upper()}"')
PUT_URL = "https://store.test/temp/a.png?Expires=1&Signature=abc%3D"


def signed(**changes):
    data = {
        "uploadUrl": PUT_URL,
        "accessUrl": "https://store.test/temp/a.png?Signature=read",
        "objectKey": "temp/a.png",
        "path": "temp/a.png",
        "expireTime": 1_800_003_600_000,
        **changes,
    }
    return ok(**data)


def refusal(status, code):
    return reply(f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode(), status)


def source(content=CONTENT):
    return from_bytes(content, filename="a.png")


def test_the_file_that_comes_back(stage):
    file = stage.run(upload(stage.gateway, source()), signed(), STORED)
    assert (
        file.access_url == file.url == str(file) == "https://store.test/temp/a.png?Signature=read"
    )
    assert (file.path, file.object_key, file.upload_url) == ("temp/a.png", "temp/a.png", PUT_URL)
    assert (file.name, file.content_type, file.size) == ("a.png", "image/png", 9)
    assert file.expire_time == datetime(2027, 1, 15, 9, tzinfo=timezone.utc)


def test_what_is_sent_to_the_gateway_and_to_the_store(stage):
    stage.run(upload(stage.gateway, source()), signed(), STORED)
    put = stage.requests[1]
    assert stage.bodies[0] == (b'{"contentType":"image/png","originalFilename":"a.png","size":9}')
    assert (put.method, put.url) == ("PUT", PUT_URL)  # the URL is opaque: exactly as it came
    assert set(put.headers) == {"content-type", "user-agent"}
    assert put.headers["content-type"] == "image/png"
    assert stage.bodies[1] == CONTENT
    assert put.content.size == 9


def test_an_empty_file_can_be_uploaded(stage):
    stored = reply(b"", 200, x_oss_hash_crc64ecma="0", etag=hashlib.md5(b"").hexdigest())
    file = stage.run(upload(stage.gateway, source(b"")), signed(), stored)
    assert file.size == 0
    assert stage.bodies[1] == b""


@pytest.mark.parametrize(
    "answer",
    [
        APIConnectionError("the line broke"),
        APIConnectionError("no route", sent=False),
        refusal(500, "InternalError"),
        refusal(503, "ServiceUnavailable"),
        refusal(408, "RequestTimeout"),
        reply(b"", 200, x_oss_hash_crc64ecma="1"),
        reply(b"", 200, content_md5="MDEyMzQ1Njc4OTAxMjM0NQ=="),
    ],
)
def test_a_put_that_failed_is_repeated_from_the_start(stage, answer):
    file = stage.run(upload(stage.gateway, source()), signed(), answer, answer, STORED)
    assert file.size == 9
    assert stage.bodies[1:] == [CONTENT] * 3
    assert len(stage.clock.sleeps) == 2


@pytest.mark.parametrize("headers", [{}, {"etag": '"multi-part-2"'}, {"etag": "0" * 32}])
def test_a_store_without_checksums_is_believed(stage, headers):
    assert stage.run(upload(stage.gateway, source()), signed(), reply(b"", 200, **headers))


def test_203_means_stored(stage):
    assert stage.run(upload(stage.gateway, source()), signed(), reply(b"<Error/>", 203))


def test_an_expired_place_is_asked_for_again(stage):
    stage.run(
        upload(stage.gateway, source()),
        signed(),
        refusal(403, "AccessDenied"),
        signed(uploadUrl="https://store.test/fresh"),
        STORED,
    )
    assert [request.method for request in stage.requests] == ["POST", "PUT", "POST", "PUT"]
    assert stage.requests[3].url == "https://store.test/fresh"


def test_a_place_that_is_always_expired_is_an_error(stage):
    answers = [signed(), refusal(403, "AccessDenied")] * 3
    with pytest.raises(UploadError, match="AccessDenied"):
        stage.run(upload(stage.gateway, source()), *answers)


@pytest.mark.parametrize(
    ("status", "code"),
    [(403, "SignatureDoesNotMatch"), (400, "EntityTooLarge"), (404, "NoSuchBucket")],
)
def test_what_would_be_refused_again_ends_it(stage, status, code):
    with pytest.raises(UploadError, match=code) as caught:
        stage.run(upload(stage.gateway, source()), signed(), refusal(status, code))
    assert (caught.value.status_code, caught.value.code) == (status, code)
    assert "a.png" in str(caught.value)
    assert "Signature=" not in str(caught.value)


def test_attempts_are_bounded(stage):
    with pytest.raises(UploadError):
        stage.run(upload(stage.gateway, source()), signed(), *[refusal(500, "InternalError")] * 6)


def test_a_stream_that_cannot_be_rewound_is_sent_once(stage):
    file = stage.run(upload(stage.gateway, from_stream(Pipe(CONTENT))), signed(), STORED)
    assert file.size == 9
    assert b'"size"' not in stage.bodies[0]


def test_a_stream_that_cannot_be_rewound_is_not_sent_twice(stage):
    flow = upload(stage.gateway, from_stream(Pipe(CONTENT), "pipe.png"))
    with pytest.raises(UploadError, match=r"pipe.png.*can't be rewound.*path or bytes"):
        stage.run(flow, signed(), refusal(500, "InternalError"))


def test_a_stream_of_which_nothing_was_read_is_sent_again(stage):
    pipe = from_stream(Pipe(CONTENT))
    flow = upload(stage.gateway, pipe)
    perform = stage.perform
    unreachable = [APIConnectionError("no route", sent=False)]

    def perform_unread(effect):
        if getattr(getattr(effect, "request", None), "method", "") == "PUT" and unreachable:
            raise unreachable.pop()
        return perform(effect)

    stage.perform = perform_unread
    assert stage.run(flow, signed(), STORED).size == 9


def test_a_callers_stream_is_left_open(stage):
    stream = io.BytesIO(CONTENT)
    stage.run(upload(stage.gateway, from_stream(stream)), signed(), STORED)
    assert not stream.closed


def test_a_file_that_changes_meanwhile_is_an_error(stage, tmp_path):
    path = tmp_path / "a.png"
    for changed, word in ((b"12345678", "shrank"), (CONTENT + b"0", "grew")):
        path.write_bytes(CONTENT)
        described = from_path(path)
        path.write_bytes(changed)
        with pytest.raises(UploadError, match=word):
            stage.run(upload(stage.gateway, described), signed(), STORED)


def test_a_file_that_went_away_is_an_error(stage, tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(CONTENT)
    described = from_path(path)
    path.unlink()
    with pytest.raises(UploadError, match="can't be read"):
        stage.run(upload(stage.gateway, described), signed())


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ([refused("no such application", "APP_NOT_FOUND")], NotFoundError),
        ([gateway_error(503, "D503", "down")] * 6, ServerError),
        ([signed(uploadUrl=None)] * 6, ServerError),
        ([signed(uploadUrl="ftp://x")] * 6, ServerError),
        ([signed(accessUrl=7)] * 6, ServerError),
        ([ok()] * 6, ServerError),
    ],
)
def test_without_a_place_nothing_is_put(stage, answers, kind):
    with pytest.raises(kind):
        stage.run(upload(stage.gateway, source()), *answers)
    assert {request.method for request in stage.requests} == {"POST"}


@pytest.mark.parametrize(
    ("told", "moment"),
    [
        (1_800_003_600, datetime(2027, 1, 15, 9, tzinfo=timezone.utc)),
        (1_800_003_600_000, datetime(2027, 1, 15, 9, tzinfo=timezone.utc)),
        ("1800003600000", datetime(2027, 1, 15, 9, tzinfo=timezone.utc)),
        ("2027-01-15T09:00:00Z", datetime(2027, 1, 15, 9, tzinfo=timezone.utc)),
        ("2027-01-15T17:00:00+08:00", datetime(2027, 1, 15, 9, tzinfo=timezone.utc)),
        ("2027-01-15T09:00:00", datetime(2027, 1, 15, 9, tzinfo=timezone.utc)),
        (None, None),
        ("", None),
        ("soon", None),
        ([], None),
        (1e300, None),
        (True, None),
    ],
)
def test_the_expiry_in_every_form(stage, told, moment):
    file = stage.run(upload(stage.gateway, source()), signed(expireTime=told), STORED)
    assert file.expire_time == moment
    if moment is not None:
        assert file.expire_time.tzinfo is not None


@pytest.mark.parametrize("missing", [{"accessUrl": None}, {"accessUrl": ""}])
def test_without_an_access_url_the_address_it_was_put_to_is_the_files(stage, missing):
    file = stage.run(upload(stage.gateway, source()), signed(**missing), STORED)
    assert file.access_url == str(file) == "https://store.test/temp/a.png"


def test_a_place_without_the_field_of_an_access_url(stage):
    place = ok(uploadUrl=PUT_URL)
    file = stage.run(upload(stage.gateway, source()), place, STORED)
    assert file.access_url == "https://store.test/temp/a.png"
    assert file.path is None
