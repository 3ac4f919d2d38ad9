"""Speak HTTP: what the blocking and the asynchronous transport share.

Nothing here follows a redirect, keeps a cookie or adds a header, so nothing meant for one
origin reaches another.
"""

from __future__ import annotations

import io
import time
from functools import partial
from typing import Any, AsyncIterator, Callable, Generic, Iterator, Mapping, TypeVar

import httpcore
import httpx
from attrs import frozen

from ..constants import CONNECT_TIMEOUT, MAX_CALLS, REPLY_LIMIT, SHORTEST_TIMEOUT
from ..exceptions import APIConnectionError, APITimeoutError
from ..flow.effects import Reply, Request
from ..values.wire import host_of

Pieces = TypeVar("Pieces", Iterator[bytes], AsyncIterator[bytes])

# What may be raised on the way of a request: by httpcore, whose connections are used, or by
# httpx, when it is used instead. A ValueError is a host or a header that can't be encoded.
HTTP_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
    httpcore.ConnectionNotAvailable,
    httpx.HTTPError,
    httpx.StreamError,
    httpx.InvalidURL,
    ValueError,
)
_NOT_CONNECTED = (
    httpcore.ConnectTimeout,
    httpcore.ConnectError,
    httpcore.PoolTimeout,
    httpcore.ProxyError,
    httpcore.ConnectionNotAvailable,
    httpx.ConnectTimeout,
    httpx.ConnectError,
    httpx.PoolTimeout,
    httpx.ProxyError,
)
_TIMED_OUT = (httpcore.TimeoutException, httpx.TimeoutException)
_NOT_MADE = (
    httpcore.UnsupportedProtocol,
    httpcore.LocalProtocolError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
    ValueError,
)
_ENCODED_PIECE = 16 * 1024


@frozen(eq=False)
class HTTPStream(Generic[Pieces]):
    """Hold an unread answer, its body in pieces as they were sent, and what gives it up.

    `close` returns None, or, of an asynchronous answer, something to await.
    """

    status: int
    headers: Mapping[str, str]
    pieces: Pieces
    close: Callable[[], Any]


class Reading:
    """Read an answer whole, up to a size and within a time.

    The HTTP library bounds the time of each read, not of their sum.
    """

    def __init__(self, stream: HTTPStream[Any], timeout: float) -> None:
        self._stream = stream
        self._timeout = timeout
        self._end = time.monotonic() + timeout
        self._content = bytearray()

    def add(self, piece: bytes) -> None:
        """Take the next piece, or raise that it is too much or too late."""
        self._content += piece
        if len(self._content) > REPLY_LIMIT:
            message = f"the answer is larger than {REPLY_LIMIT} bytes"
            raise APIConnectionError(message)
        if time.monotonic() > self._end:
            message = f"the answer took longer than {self._timeout:g} s"
            raise APITimeoutError(message)

    def reply(self) -> Reply:
        """Return the answer; a compressed one, which nobody asked for, is decompressed."""
        headers = self._stream.headers
        if "content-encoding" in headers:
            encoded, self._content = io.BytesIO(self._content), bytearray()
            # In small pieces, since each may be a thousand times as large when decompressed.
            pieces = iter(partial(encoded.read, _ENCODED_PIECE), b"")
            for piece in httpx.Response(200, headers=headers, content=pieces).iter_bytes():
                self.add(piece)
        return Reply(self._stream.status, headers, bytes(self._content))


def header_fields(request: Request) -> dict[str, str]:
    """Return the headers of a request, with the length of its body where that is known."""
    content = request.content
    size = len(content) if isinstance(content, bytes) else content.size
    if size is None:
        return {**request.headers, "transfer-encoding": "chunked"}
    if not size and request.method == "GET":
        return dict(request.headers)
    return {**request.headers, "content-length": str(size)}


def timeouts(timeout: float) -> dict[str, float]:
    """Return the time for each step of an exchange, as httpx and httpcore want it."""
    timeout = max(timeout, SHORTEST_TIMEOUT)
    connect = min(timeout, CONNECT_TIMEOUT)
    return {"connect": connect, "read": timeout, "write": timeout, "pool": timeout}


def crowded(timeout: float) -> APIConnectionError:
    """Return the error for a call that found no place among the client's others in time."""
    message = (
        f"{MAX_CALLS} calls of this client were under way for {timeout:g} s, so this one was "
        "not sent; run fewer at a time, or wait longer"
    )
    return APIConnectionError(message, sent=False)


def overdue(patience: float) -> APITimeoutError:
    """Return the error for something that another call was doing, and did not end in time."""
    message = f"an upload that another run had begun did not end within {patience:.3g} s"
    return APITimeoutError(message, sent=False)


def translated(error: Exception, request: Request | None = None) -> APIConnectionError:
    """Return the SDK's error for one of HTTP_ERRORS, with how far the request got."""
    host = host_of(request.url) if request is not None else "the server"
    reason = str(error) or type(error).__name__
    if isinstance(error, _NOT_CONNECTED):
        message = (
            f"could not connect to {host}: {reason}; "
            "check the endpoint, the network and the proxy settings"
        )
        return APIConnectionError(message, sent=False)
    if isinstance(error, _TIMED_OUT):
        message = f"{host} did not answer in time; a larger timeout=… allows more"
        return APITimeoutError(message)
    if isinstance(error, _NOT_MADE):
        message = f"the request to {host} could not be made: {reason}"
        return APIConnectionError(message, sent=False)
    return APIConnectionError(f"the connection to {host} broke: {reason}")
