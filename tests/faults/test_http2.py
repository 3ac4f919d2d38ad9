"""Answers on HTTP/2, by a caller's own client: what breaks off there was sent all the same."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from contextlib import contextmanager

import httpx
import pytest
import trustme
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import StreamEnded

from speedpix import Client, SubmitOutcomeUnknownError

STARTED = b'{"status": 10, "data": {"taskId": "run-2", "status": "waiting"}}'


@contextmanager
def serving(context, answer):
    """A server that speaks HTTP/2 only; `answer` is given each request's connection and stream.

    A connection serves one request, and ends when the client closes it.
    """
    requests = []

    def serve(raw):
        connection = H2Connection(H2Configuration(client_side=False))
        with context.wrap_socket(raw, server_side=True) as peer:
            connection.initiate_connection()
            peer.sendall(connection.data_to_send())
            while data := peer.recv(1 << 16):
                ended = [
                    event.stream_id
                    for event in connection.receive_data(data)
                    if isinstance(event, StreamEnded)
                ]
                for stream in ended:
                    requests.append(stream)
                    answer(connection, stream)
                peer.sendall(connection.data_to_send())
                if ended:
                    while peer.recv(1 << 16):  # to close at once could cut the answer off
                        pass
                    return

    def accept():
        while True:
            try:
                raw = server.accept()[0]
            except OSError:  # the test is over
                return
            threading.Thread(target=serve, args=(raw,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"https://localhost:{server.getsockname()[1]}", requests
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def well(connection, stream):
    connection.send_headers(stream, [(":status", "200")])
    connection.send_data(stream, STARTED, end_stream=True)


def shorter_than_its_length(connection, stream):
    connection.send_headers(stream, [(":status", "200"), ("content-length", "400")])
    connection.send_data(stream, b"{", end_stream=True)


def reset_before_an_answer(connection, stream):
    connection.reset_stream(stream, ErrorCodes.INTERNAL_ERROR)


def reset_amid_the_body(connection, stream):
    connection.send_headers(stream, [(":status", "200")])
    connection.send_data(stream, b"{")
    connection.reset_stream(stream, ErrorCodes.CANCEL)


def going_away(connection, _stream):
    connection.close_connection(ErrorCodes.ENHANCE_YOUR_CALM)


@pytest.fixture
def contexts():
    """The TLS of a server that offers HTTP/2, and of a client that trusts it."""
    authority = trustme.CA()
    ours, theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(ours)
    authority.configure_trust(theirs)
    ours.set_alpn_protocols(["h2"])
    return ours, theirs


@pytest.fixture(params=["sync", "async"])
def start(request, contexts, clock):
    """A function that starts a run by the caller's own client, blocking or with `await`."""
    how = {"http2": True, "verify": contexts[1], "trust_env": False}

    def blocking(url):
        with httpx.Client(**how) as own:
            return Client("k", "s", url, clock=clock, http_client=own).run("w", {}, wait=False)

    def awaiting(url):
        async def main():
            async with httpx.AsyncClient(**how) as own:
                client = Client("k", "s", url, clock=clock, async_http_client=own)
                return await client.async_run("w", {}, wait=False)

        return asyncio.run(main())

    return blocking if request.param == "sync" else awaiting


@pytest.mark.parametrize(
    "answer",
    [shorter_than_its_length, reset_before_an_answer, reset_amid_the_body, going_away],
)
def test_a_submit_whose_answer_breaks_is_sent_once(contexts, start, answer):
    serve = serving(contexts[0], answer)
    with serve as (url, requests), pytest.raises(SubmitOutcomeUnknownError):
        start(url)
    assert len(requests) == 1


def test_a_submit_that_is_answered_is_a_run(contexts, start):
    with serving(contexts[0], well) as (url, requests):
        assert start(url).id == "run-2"
    assert len(requests) == 1
