"""Whatever the HTTP library raises, the SDK raises its own, and says whether anything was sent."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from speedpix import (
    APIConnectionError,
    APITimeoutError,
    Client,
    DownloadError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
    UploadError,
)
from speedpix.gateway.settings import read_settings
from speedpix.session import Session
from speedpix.testing import NoWaitClock
from speedpix.values.link import Origin
from speedpix.values.output import wrap

from ..stage import ENDPOINT

NOT_SENT = {
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.LocalProtocolError,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
}
TIMEOUTS = {httpx.ReadTimeout, httpx.WriteTimeout}


def leaves(kind):
    """All classes below one that have none below themselves."""
    below = kind.__subclasses__()
    return [leaf for each in below for leaf in leaves(each)] if below else [kind]


RAISED = sorted(leaves(httpx.TransportError), key=lambda kind: kind.__name__)


def raising(kind):
    def answer(request):
        message = "it broke"
        raise kind(message, request=request)

    return httpx.MockTransport(answer)


def clients(transport, **options):
    """The same client with blocking and with asynchronous connections."""
    return Client(
        "key",
        "secret",
        ENDPOINT,
        clock=NoWaitClock(),
        http_client=httpx.Client(transport=transport),
        async_http_client=httpx.AsyncClient(transport=transport),
        **options,
    )


@pytest.fixture(params=["sync", "async"])
def get(request):
    if request.param == "sync":
        return lambda client: client.predictions.get("run-1")
    return lambda client: asyncio.run(client.predictions.async_get("run-1"))


def test_the_tables_are_complete():
    assert set(RAISED) >= NOT_SENT | TIMEOUTS
    assert len(RAISED) == 12


@pytest.mark.parametrize("kind", RAISED)
def test_every_error_of_the_line_is_a_connection_error(get, kind):
    with pytest.raises(APIConnectionError) as caught:
        get(clients(raising(kind), max_retries=0))
    assert isinstance(caught.value, APITimeoutError) == (kind in TIMEOUTS)
    assert caught.value.sent == (kind not in NOT_SENT)
    assert isinstance(caught.value.__cause__, kind)
    assert "service.test" in str(caught.value)


@pytest.mark.parametrize("kind", RAISED)
def test_a_submit_is_sent_again_only_when_nothing_was_sent(kind):
    seen = []

    def answer(request):
        seen.append(request)
        message = "it broke"
        raise kind(message, request=request)

    client = clients(httpx.MockTransport(answer), max_retries=2)
    expected = APIConnectionError if kind in NOT_SENT else SubmitOutcomeUnknownError
    with pytest.raises(expected):
        client.run("w", {})
    assert len(seen) == (3 if kind in NOT_SENT else 1)


def signing_then(kind):
    place = {"uploadUrl": "https://store.test/put", "accessUrl": "https://store.test/get"}

    def answer(request):
        if request.method == "POST":
            return httpx.Response(200, json={"status": 10, "data": place})
        message = "it broke"
        raise kind(message, request=request)

    return httpx.MockTransport(answer)


@pytest.mark.parametrize("kind", RAISED)
def test_an_upload_that_broke(kind):
    client = clients(signing_then(kind), max_retries=1)
    for upload in (
        lambda: client.files.create(b"content"),
        lambda: asyncio.run(client.files.async_create(b"content")),
    ):
        with pytest.raises((UploadError, APIConnectionError)):
            upload()


@pytest.mark.parametrize("kind", RAISED)
def test_a_download_that_broke(kind):
    session = Session(
        read_settings("key", "secret", max_retries=1),
        NoWaitClock(),
        httpx.Client(transport=raising(kind)),
        httpx.AsyncClient(transport=raising(kind)),
    )
    file = wrap("https://store.test/a.png", Origin(session))
    for read in (file.read, lambda: asyncio.run(file.async_read())):
        with pytest.raises(DownloadError, match=r"store\.test/a\.png"):
            read()


@pytest.mark.parametrize(
    ("status", "headers", "body"),
    [
        (200, {"content-encoding": "gzip"}, b"this is not gzip"),
        (200, {"content-encoding": "unheard-of"}, b"whatever it is"),
        (200, {}, b""),
        (199, {}, b""),
        (204, {}, b""),
        (304, {}, b""),
        (999, {}, b""),
    ],
)
def test_any_answer_is_survived(get, status, headers, body):
    def answer(_request):
        return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))

    with pytest.raises(SpeedPixException):
        get(clients(httpx.MockTransport(answer), max_retries=0))


def test_an_answer_without_end_is_cut_off():
    def endless():
        while True:
            yield b" " * 1024 * 1024

    transport = httpx.MockTransport(lambda _request: httpx.Response(200, content=endless()))
    with pytest.raises(APIConnectionError, match="larger than"):
        clients(transport, max_retries=0).predictions.get("run-1")


def test_timeouts_reach_the_http_library():
    seen = []

    def answer(request):
        seen.append(request.extensions["timeout"])
        return httpx.Response(404)

    for timeout in (5.0, 60.0):
        with pytest.raises(SpeedPixException):
            clients(httpx.MockTransport(answer), timeout=timeout).predictions.get("run-1")
    assert all(0 < seconds <= 5 for seconds in seen[0].values())
    assert seen[1]["connect"] <= 10  # a dead host is noticed sooner than a slow answer
    assert 10 < seen[1]["read"] <= 60
