"""Bytes on the wire that are no HTTP, or HTTP gone wrong: still a SpeedPixException, soon."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import random
import socket
import struct
import threading

import pytest
from hypothesis import given, strategies as st

from speedpix import Client, DownloadError, SpeedPixException
from speedpix.testing import NoWaitClock

from .hostile import ETAG, OPERATIONS, right_answer
from .values import fuzzing

CONTENT = b"something to upload"
MOST_EXCHANGES = 100


class WireService:
    """Speak HTTP on a socket as told: `wire` are the bytes that answer one of the operations."""

    def __init__(self) -> None:
        self.operation = ""
        self.wire = b""
        self.reset = False
        self.exchanges = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def script(self, operation: str, wire: bytes, reset: bool = False) -> None:
        self.operation, self.wire, self.reset, self.exchanges = operation, wire, reset, 0

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    self._answer(connection)
                except OSError:
                    continue  # the client has gone: it may

    def _answer(self, connection: socket.socket) -> None:
        path, method = _request(connection)
        self.exchanges += 1
        operation = OPERATIONS.get(path, method.lower())
        if operation == self.operation:
            if self.reset:  # closing sends RST, and what is not read yet is lost
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            connection.sendall(self.wire)
        else:
            connection.sendall(self._right(operation))

    def _right(self, operation: str) -> bytes:
        answer = right_answer(operation)
        body = answer.body.replace(b"http://store.test", self.url.encode())
        headers = [pair for pair in answer.headers if pair[0] != b"content-length"]
        return head(200, headers, len(body)) + body


def head(status: int, headers: list[tuple[bytes, bytes]], length: int) -> bytes:
    lines = [f"HTTP/1.1 {status} Whatever".encode()]
    # The service closes after each answer; said aloud, no client sends into a closing connection.
    rest = [(b"content-length", str(length).encode()), (b"connection", b"close")]
    lines += [b": ".join(pair) for pair in [*headers, *rest]]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _request(connection: socket.socket) -> tuple[str, str]:
    """Read a whole request, and return its path and method."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    top, _, body = received.partition(b"\r\n\r\n")
    lines = top.lower().split(b"\r\n")
    lengths = [int(line.partition(b":")[2]) for line in lines if line.startswith(b"content-length")]
    while len(body) < sum(lengths):
        body += _some(connection)
    method, path, _ = top.split(b" ", 2)
    return path.decode(), method.decode()


def _some(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        message = "the client has gone"
        raise ConnectionError(message)
    return received


@pytest.fixture(scope="module")
def service():
    running = WireService()
    yield running
    running.close()


_BODY = right_answer("progress").body
_GZIP = head(200, [(b"content-encoding", b"gzip")], 8) + b"not gzip"
_LONG = b"HTTP/1.1 200 OK\r\n"
wires = st.binary(max_size=300) | st.sampled_from(
    [
        b"",
        b"HTTP/1.1",
        b"HTTP/9.9 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 -1 OK\r\n\r\n",
        b"HTTP/1.1 200\r\n\r\n{}",
        b"SSH-2.0-OpenSSH_9.0\r\n",
        b"<html>no head at all</html>",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n\x81\x05hello",
        _LONG + b"content-length: 10\r\n\r\nshort",
        _LONG + b"content-length: 2\r\n\r\n{}{}{}",
        _LONG + b"content-length: 1\r\ncontent-length: 2\r\n\r\n{}",
        _LONG + b"content-length: minus\r\n\r\n{}",
        _LONG + b"transfer-encoding: chunked\r\n\r\nffffffffffffffffffff\r\n{}",
        _LONG + b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n-1\r\n",
        _LONG + b"transfer-encoding: chunked\r\n\r\n5\r\n{}",
        _LONG + b"transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        _LONG + b"\x00\xff: \x00\r\n\r\n{}",
        _LONG + b"no colon here\r\n\r\n{}",
        _LONG + b"x: y" * 60_000,
        _LONG + b"x: y\r\n" * 60_000,
        _LONG + b"location: \xff\xfe\r\n\r\n",
        head(307, [(b"location", b"http://[")], 0),
        head(302, [(b"location", b"http://127.0.0.1:1/")], 0),
        head(302, [(b"location", b"/somewhere/else")], 0),
        _GZIP,
        _GZIP.replace(b"gzip\r", b"deflate\r"),
        head(206, [(b"content-range", b"bytes 0-" + b"9" * 5000 + b"/*"), (b"etag", b"x")], 0),
        head(200, [(b"x-oss-hash-crc64ecma", b"9" * 5000)], 2) + b"{}",
        head(200, [(b"etag", ETAG.encode())], 2) + b"{}",
        head(503, [(b"retry-after", b"Mon, 01 Jan " + b"9" * 30 + b" 00:00:00 GMT")], 0),
        head(400, [(b"x-ca-error-message", b"Timestamp Expired"), (b"date", b"\xff")], 0),
        head(200, [], len(_BODY)) + _BODY[: len(_BODY) // 2],
    ]
)


@pytest.fixture(scope="module")
def run(service):
    """A function that makes a run, blocking or with `await`, and reads its output."""
    settings = {"endpoint": service.url, "clock": NoWaitClock(), "max_retries": 2}
    given = {"file": CONTENT}
    with asyncio.Runner() as runner, Client("the-key", "the-secret", **settings) as client:

        async def awaited() -> bytes:
            output = await client.async_run("workflow", given, wait_timeout=30)
            return await output["copy"].async_read()

        def make(*, awaiting: bool) -> bytes:
            if awaiting:
                return runner.run(awaited())
            return client.run("workflow", given, wait_timeout=30)["copy"].read()

        yield make
        runner.run(client.aclose())


@pytest.mark.parametrize("operation", [*OPERATIONS.values(), "put", "get"])
@fuzzing
@given(wire=st.tuples(wires, st.booleans()), awaiting=st.booleans())
def test_no_byte_on_the_wire_gets_past_the_sdk(service, run, operation, wire, awaiting):
    service.script(operation, *wire)
    with contextlib.suppress(SpeedPixException):
        run(awaiting=awaiting)
    assert service.exchanges <= MOST_EXCHANGES


def test_a_damaged_download_is_never_taken_for_whole(service, run):
    """A flipped byte, a body cut short: the store's checksum or length tells."""
    generator = random.Random(5)
    whole = right_answer("get").body
    digest = base64.b64encode(hashlib.md5(whole).digest())  # an ETag proves nothing
    fields = [(b"etag", ETAG.encode()), (b"content-md5", digest)]
    service.script("get", head(200, fields, len(whole)) + whole)
    assert run(awaiting=False) == whole
    for _ in range(20):
        place = generator.randrange(len(whole))
        flipped = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        for damaged in (flipped, whole[:place]):
            wire = head(200, fields, len(damaged)) + damaged
            service.script("get", wire)
            with pytest.raises(DownloadError):
                run(awaiting=False)
