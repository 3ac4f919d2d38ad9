"""What a server does to one request: how long that may take, and whether it counts as sent."""

from __future__ import annotations

import asyncio
import gzip
import socket
import threading
from contextlib import contextmanager

import httpx
import pytest

from speedpix import APIConnectionError, APITimeoutError, Client, SubmitOutcomeUnknownError

CUT = 0.3  # seconds of a client's patience

PIECES = 100
PIECE = CUT / 10  # seconds between two pieces, each of which comes in time


@contextmanager
def serving(answer):
    """A server of raw sockets: `answer` is given each connection, its request read."""
    requests, stop = [], threading.Event()

    def serve(connection):
        with connection:
            requests.append(connection.recv(1 << 20))
            try:
                answer(connection, stop)
            except OSError:  # the client has had enough
                return

    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept():
            while not stop.is_set():
                try:
                    connection = server.accept()[0]
                except OSError:
                    return
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

        threads = [threading.Thread(target=accept)]
        threads[0].start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", requests
        finally:
            stop.set()
            server.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


@pytest.fixture(params=["sync", "async"])
def ask(request):
    """A function that asks for a run, or starts one, blocking or with `await`."""

    def blocking(client, submit=False):
        return client.run("w", {}, wait=False) if submit else client.predictions.get("run-1")

    def awaiting(client, submit=False):
        async def main():
            async with client:
                if submit:
                    return await client.async_run("w", {}, wait=False)
                return await client.predictions.async_get("run-1")

        return asyncio.run(main())

    return blocking if request.param == "sync" else awaiting


def headers_that_trickle(connection, stop):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(PIECES):
        stop.wait(PIECE)
        connection.sendall(b"x-a: b\r\n")


def informational_answers_without_end(connection, stop):
    for _ in range(PIECES):
        stop.wait(PIECE)
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def a_body_that_trickles(connection, stop):
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    for _ in range(PIECES):
        stop.wait(PIECE)
        connection.sendall(b" ")


@pytest.mark.parametrize(
    "answer", [headers_that_trickle, informational_answers_without_end, a_body_that_trickles]
)
def test_a_calls_timeout_is_for_all_of_it(ask, answer):
    with serving(answer) as (url, _):
        client = Client("k", "s", url, timeout=CUT, max_retries=0)
        with client, pytest.raises(APITimeoutError):
            ask(client)


def test_a_server_that_always_has_more_to_say_is_not_heard_out(ask):
    heard_out = []

    def answer(connection, _):
        connection.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 300_000)
        heard_out.append(True)

    with serving(answer) as (url, _):
        client = Client("k", "s", url, timeout=CUT, max_retries=0)
        with client, pytest.raises(APITimeoutError):
            ask(client)
    assert not heard_out


@pytest.mark.parametrize(
    "answer", [headers_that_trickle, informational_answers_without_end, a_body_that_trickles]
)
def test_so_it_is_with_an_asynchronous_client_of_the_callers(answer):
    async def main(url):
        async with httpx.AsyncClient() as own:
            client = Client("k", "s", url, timeout=CUT, max_retries=0, async_http_client=own)
            with pytest.raises(APITimeoutError):
                await client.predictions.async_get("run-1")

    with serving(answer) as (url, _):
        asyncio.run(main(url))


def compressed_and_not_ascii(connection, _stop):
    body = gzip.compress(b"{}")
    connection.sendall(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\nx-name: \xff\xfe\r\n"
        b"content-length: %d\r\n\r\n" % len(body) + body
    )


def not_what_it_says(connection, _stop):
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}")


def nothing_of_http(connection, _stop):
    connection.sendall(b"\xff\xff\r\n\r\n")


def hanging_up(_connection, _stop):
    """Say nothing."""


def cut_short(connection, _stop):
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{")


@pytest.mark.parametrize(
    "answer",
    [compressed_and_not_ascii, not_what_it_says, nothing_of_http, hanging_up, cut_short],
)
def test_a_submit_that_reached_a_server_is_sent_once(ask, clock, answer):
    with serving(answer) as (url, requests):
        client = Client("k", "s", url, clock=clock)
        with client, pytest.raises(SubmitOutcomeUnknownError):
            ask(client, submit=True)
    assert len(requests) == 1


def cut_short_after_the_id(connection, _stop):
    connection.sendall(
        b'HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n{"data": {"taskId": "run-7", "sta'
    )


def compressed_and_cut_short_after_the_id(connection, _stop):
    body = gzip.compress(b'{"data": {"taskId": "run-7", "status": "waiting"}}' + bytes(9000))
    connection.sendall(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 4000\r\n\r\n" + body
    )


def compressed_with_a_wrong_checksum(connection, _stop):
    body = gzip.compress(b'{"data": {"taskId": "run-7", "status": "waiting"}}')[:-8] + b"8 bytes."
    connection.sendall(
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n"
        b"content-length: %d\r\n\r\n" % len(body) + body
    )


@pytest.mark.parametrize(
    "answer",
    [
        cut_short_after_the_id,
        compressed_and_cut_short_after_the_id,
        compressed_with_a_wrong_checksum,
    ],
)
def test_an_answer_that_breaks_off_after_the_id_is_a_run(ask, clock, answer):
    with serving(answer) as (url, requests):
        client = Client("k", "s", url, clock=clock)
        with client:
            prediction = ask(client, submit=True)
    assert prediction.id == "run-7"
    assert client.predictions.list() == [prediction]
    assert len(requests) == 1


class Broken(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A body that ends in what httpx raises, on HTTP/2, when it is shorter than it was to be."""

    def __iter__(self):
        yield b"{"
        message = "Invalid input StreamInputs.SEND_DATA"
        raise httpx.LocalProtocolError(message)

    async def __aiter__(self):
        for piece in self:
            yield piece


def broken_answer(_request):
    return httpx.Response(200, stream=Broken())


class Retrying(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """A transport of the caller's that tries again by itself, when the server is gone."""

    def __init__(self):
        self._ways = httpx.HTTPTransport(), httpx.AsyncHTTPTransport()

    def handle_request(self, request):
        with pytest.raises(httpx.RemoteProtocolError):
            self._ways[0].handle_request(request)
        message = "refused"
        raise httpx.ConnectError(message)

    async def handle_async_request(self, request):
        with pytest.raises(httpx.RemoteProtocolError):
            await self._ways[1].handle_async_request(request)
        message = "refused"
        raise httpx.ConnectError(message)


def test_an_error_amid_an_answer_is_no_request_unsent(ask, clock):
    seen = []

    def answer(request):
        seen.append(request)
        return broken_answer(request)

    transport = httpx.MockTransport(answer)
    with httpx.Client(transport=transport) as own:
        client = Client(
            "k",
            "s",
            "http://127.0.0.1:1",
            clock=clock,
            http_client=own,
            async_http_client=httpx.AsyncClient(transport=transport),
        )
        with pytest.raises(SubmitOutcomeUnknownError) as caught:
            ask(client, submit=True)
    assert isinstance(caught.value.__cause__, APIConnectionError)
    assert caught.value.__cause__.sent
    assert len(seen) == 1


def test_a_request_that_the_callers_transport_had_sent_before_is_sent(ask, clock):
    with serving(hanging_up) as (url, requests), httpx.Client(transport=Retrying()) as own:
        client = Client(
            "k",
            "s",
            url,
            clock=clock,
            http_client=own,
            async_http_client=httpx.AsyncClient(transport=Retrying()),
        )
        with pytest.raises(SubmitOutcomeUnknownError):
            ask(client, submit=True)
    assert len(requests) == 1


def test_nothing_of_a_request_that_a_proxy_refused_was_sent(ask, clock, monkeypatch):
    def refuse(connection, _stop):
        connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")

    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(refuse) as (url, requests):
        monkeypatch.setenv("HTTPS_PROXY", url)
        client = Client("k", "s", "https://speedpix.invalid", clock=clock, max_retries=0)
        with client, pytest.raises(APIConnectionError) as caught:
            ask(client, submit=True)
    assert caught.value.sent is False
    assert requests[0].startswith(b"CONNECT speedpix.invalid:443 ")
