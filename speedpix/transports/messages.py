"""HTTP messages: what the blocking and the asynchronous transport share.

Nothing here follows a redirect, keeps a cookie or adds a header, so nothing meant for one
origin reaches another.
"""

from __future__ import annotations

import io
import math
import ssl
import time
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any, AsyncIterator, Callable, Generic, Iterator, Mapping, TypeVar

import httpcore
import httpx
from attrs import frozen

from ..constants import CHUNK_SIZE, MAX_CALLS, REPLY_LIMIT, SHORTEST_TIMEOUT
from ..exceptions import APIConnectionError, APITimeoutError, SpeedPixException
from ..flow.effects import Exchange, Reply, Request
from ..values.wire import host_of, without_query

Pieces = TypeVar("Pieces", Iterator[bytes], AsyncIterator[bytes])

_NOT_CONNECTED = (
    httpx.ConnectTimeout,
    httpx.ConnectError,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpcore.ConnectionNotAvailable,
)
_NOT_MADE = (
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
    ValueError,  # a host or a header that can't be encoded
)
_ADVICE = "check the endpoint, the network and the proxy settings"
TRUST = (  # what to do where a server's certificate is not trusted
    "check the local clock; where a company's proxy reads along, set SSL_CERT_FILE to a file "
    "with its certificate"
)
_HTTP_ERRORS = (*_NOT_CONNECTED, *_NOT_MADE, httpx.HTTPError, httpx.StreamError)
_LAST_PORT = 65535
_ENCODED_PIECE = 16 * 1024
SENDING = "speedpix.sending"  # among a request's extensions: the Sending it is part of


def without_shown_query(url: Any) -> Any:
    """Return a kind of URL that shows itself without its query: in a pre-signed one, a credential.

    So it stays out of httpx's log, of spans and of cassettes, whoever makes them.
    """

    class Address(url):  # type: ignore[misc]
        def __str__(self) -> str:
            return without_query(super().__str__())

        def __repr__(self) -> str:
            return f"URL({str(self)!r})"

    return Address


_Address = without_shown_query(httpx.URL)


@lru_cache(maxsize=64)  # the endpoint's few are used again and again
def _address(url: str) -> httpx.URL:
    found: httpx.URL = _Address(url)
    # Of a port, httpx lets any number pass; asyncio then raises what is no OSError.
    is_port = (found.port or 0) <= _LAST_PORT
    if found.scheme not in ("http", "https") or not found.host or not is_port:
        message = "not an http:// or https:// address"
        raise httpx.UnsupportedProtocol(message)
    return found


class PiecesStream(httpx.SyncByteStream, httpx.AsyncByteStream):
    """A request's body that is sent in pieces."""

    def __init__(self, pieces: Any) -> None:
        self.pieces = pieces

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.pieces)

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self.pieces.__aiter__()  # type: ignore[no-any-return]


class Sending:
    """A request on its way, as a context that raises the SDK's errors in place of httpx's.

    Attributes:
        method: the request's method.
        deadline: the monotonic time until which all of its exchange may take.
        head_due: the monotonic time until which the answer's head may take; None until it is
            waited for, infinite once it has come.
        reached: whether it may have reached the server: an error after that never counts as
            unsent, whatever its kind.
        watched: whether a connection was opened for it that tells how far it comes: until it has
            `reached` the server, nothing was sent. A caller's client, or a mock, does not tell.
        proxy: the address of the proxy on its way, or nothing.
        part: gives what can be read of the answer's body that has come, where that is read whole.
    """

    def __init__(self, request: Request, deadline: float = math.inf) -> None:
        self._request = request
        self.method = request.method.encode("ascii")
        self.deadline = deadline
        self.head_due: float | None = None
        self.reached = False
        self.watched = False
        self.proxy = ""
        self._is_overtime = False
        self.part: Callable[[], bytes] = bytes

    def message(self, body: bytes | Any, timeout: float) -> httpx.Request:
        """Return the request as httpx wants it.

        Headers are bytes and the stream is ready, which is much less work for httpx.
        """
        request = self._request
        address = _address(request.url)
        fields = _header_fields(request).items()
        message = httpx.Request(
            request.method,
            address,
            headers=[
                (b"host", address.netloc),
                *[(name.encode("ascii"), value.encode()) for name, value in fields],
            ],
            stream=httpx.ByteStream(body) if isinstance(body, bytes) else PiecesStream(body),
            extensions={"timeout": _timeouts(timeout, request.connect), SENDING: self},
        )
        message.url = address  # httpx has made a plain one of it
        if isinstance(body, bytes):
            message.read()  # for whoever looks at its content
        return message

    def pieces(self) -> Iterator[bytes]:
        """Yield the body as it is sent; where its size is known, nothing is read after its end."""
        body: Any = self._request.content
        sent = 0
        while sent != body.size or not sent:
            piece = body.read(CHUNK_SIZE)
            if not piece:
                return
            sent += len(piece)
            yield piece

    def head_came(self) -> None:
        """Take note that the answer has begun: its body may take longer than its head."""
        self.reached, self.head_due = True, math.inf

    def take_overtime(self) -> None:
        """Allow one more step, the last: what came while the process was stopped is there to read.

        Raises:
            httpx.ReadTimeout: it was taken, by a server that always has more to say.
        """
        if self._is_overtime:
            reason = "overdue"
            raise httpx.ReadTimeout(reason)
        self._is_overtime = True

    def __enter__(self) -> None:
        return None

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        if error is None:
            return
        found = _of_httpx(error)
        foreign = isinstance(found, _HTTP_ERRORS)
        if isinstance(found, SpeedPixException):  # of a hook of the caller's, it tells not enough
            foreign = self.reached and not isinstance(found, APIConnectionError)
        if foreign:
            found = self._translated(found)
        if isinstance(found, APIConnectionError):
            found.part = self.part()
            if found is not error:
                raise found from error

    def _translated(self, error: BaseException) -> APIConnectionError:
        host = host_of(self._request.url)
        first = _first_cause(error)
        reason = str(first) or type(first).__name__
        if not self.reached and isinstance(error, _NOT_MADE):
            message = f"the request to {host} could not be made: {reason}"
            return APIConnectionError(message, sent=False)
        if not self.reached and (self.watched or isinstance(error, _NOT_CONNECTED)):
            way = f"{host} through the proxy {self.proxy}" if self.proxy else host
            advice = TRUST if isinstance(first, ssl.SSLCertVerificationError) else _ADVICE
            message = f"could not connect to {way}: {reason}; {advice}"
            return APIConnectionError(message, sent=False)
        if isinstance(error, httpx.TimeoutException):
            message = f"{host} did not answer in time; a larger timeout=… allows more"
            return APITimeoutError(message)
        return APIConnectionError(f"the connection to {host} broke: {reason}")


@frozen(eq=False)
class HTTPStream(Generic[Pieces]):
    """An unread answer, its body in pieces as they were sent, and what gives it up.

    `close` returns None, or, of an asynchronous answer, something to await.
    """

    status: int
    headers: Mapping[str, str]
    pieces: Pieces
    close: Callable[[], Any]
    sending: Sending


class Reading:
    """An answer that is read whole, up to a size and until a time.

    The HTTP library bounds the time of each read, not of their sum.
    """

    def __init__(self, stream: HTTPStream[Any], timeout: float) -> None:
        self._stream = stream
        self._timeout = timeout
        self._end = min(stream.sending.deadline, time.monotonic() + timeout)
        self._content = bytearray()
        stream.sending.part = self._part

    def add(self, piece: bytes) -> None:
        """Take the next piece, or raise that it is too much or too late."""
        self._content += piece
        self._check(self._content)

    def reply(self) -> Reply:
        """Return the answer; a compressed one, which nobody asked for, is decompressed."""
        content = self._content
        if self._coding:
            content = bytearray()
            # In small pieces, since each may be a thousand times as large when decompressed.
            for piece in self._decompressed(_ENCODED_PIECE):
                content += piece
                self._check(content)
        return Reply(self._stream.status, self._stream.headers, bytes(content))

    @property
    def _coding(self) -> str:
        return self._stream.headers.get("content-encoding", "")

    def _part(self) -> bytes:
        found = bytearray()
        with suppress(Exception):  # it breaks off, or is not what it says
            for piece in self._decompressed(1) if self._coding else [self._content]:
                found += piece
                self._check(found)
        return bytes(found)

    def _decompressed(self, size: int) -> Iterator[bytes]:
        """Return the content decompressed, so many bytes of it at a time."""
        pieces = iter(partial(io.BytesIO(self._content).read, size), b"")
        coding = {"content-encoding": self._coding}
        return httpx.Response(200, headers=coding, content=pieces).iter_bytes()

    def _check(self, content: bytearray) -> None:
        if len(content) > REPLY_LIMIT:
            message = f"the answer is larger than {REPLY_LIMIT} bytes"
            raise APIConnectionError(message)
        if time.monotonic() > self._end:
            message = f"the answer took longer than {self._timeout:g} s"
            raise APITimeoutError(message)


def limits(effect: Exchange, start: float) -> tuple[float, float]:
    """Return the timeout and the deadline of an exchange that has waited for its place since then.

    The timeout is for the whole of a call, and for each step of a transfer.
    """
    now = time.monotonic()
    left = effect.patience - (now - start)
    timeout = min(effect.timeout, left)
    return timeout, now + (timeout if is_call(effect.request) else left)


def is_call(request: Request) -> bool:
    """Tell whether a request is a call of the gateway, not a transfer of a file."""
    return isinstance(request.content, bytes)


def received(response: httpx.Response) -> tuple[bytes | None, dict[str, str]]:
    """Return an answer's body, if it has been read already, as by a mock or a hook; its headers."""
    headers: dict[str, str] = {}
    for name, value in response.headers.raw:  # in half the time that `items` takes
        key, text = name.decode("latin-1").lower(), _text(value)
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    if not response.is_stream_consumed:
        return None, headers
    headers.pop("content-encoding", None)  # httpx has decoded it
    return response.content, headers


def _text(value: bytes) -> str:
    """Return a header's value, of which nobody says how it is encoded."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _header_fields(request: Request) -> dict[str, str]:
    """Return the headers of a request, with the length of its body where that is known."""
    content = request.content
    size = len(content) if isinstance(content, bytes) else content.size
    if size is None:
        return {**request.headers, "transfer-encoding": "chunked"}
    if not size and request.method == "GET":
        return dict(request.headers)
    return {**request.headers, "content-length": str(size)}


def _timeouts(timeout: float, connect: float) -> dict[str, float | None]:
    """Return the time for each step of an exchange, as httpx wants it: None where it is endless."""
    step = _timeout(timeout)
    return {"connect": _timeout(min(connect, timeout)), "read": step, "write": step, "pool": step}


def _timeout(seconds: float) -> float | None:
    return None if seconds == math.inf else max(seconds, SHORTEST_TIMEOUT)


def _of_httpx(error: BaseException) -> BaseException:
    """Return an error of httpx2, whose names are httpx's, or of socksio, as httpx's own."""
    for kind in type(error).__mro__:
        library = kind.__module__.partition(".")[0]
        if library == "socksio":  # httpx passes it on
            return httpx.ProxyError(str(error))
        if library == "httpx2":
            twin = getattr(httpx, kind.__name__, httpx.HTTPError)
            return twin.__new__(twin, str(error))  # type: ignore[no-any-return]
    return error


def _first_cause(error: BaseException) -> BaseException:
    """Return what an error came from: asyncio's say no more than that no attempt succeeded."""
    while error.__cause__ is not None:
        error = error.__cause__
    first, *_ = getattr(error, "exceptions", [error])
    return first  # type: ignore[no-any-return]


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
