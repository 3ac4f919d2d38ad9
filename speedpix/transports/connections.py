"""Keep HTTP connections for the requests to come, those used last on top.

httpcore's own pool asks all its connections, twice a request, whether they are still good:
with many runs at once, that takes more time than the requests. Here the transports bound what
is under way, so that connections need no queue; each request takes the one used last.
"""

from __future__ import annotations

import os
import ssl
import threading
from contextlib import AsyncExitStack
from functools import lru_cache
from typing import Any, AsyncIterator, Generic, Iterator, Protocol, Sequence, TypeVar

import httpcore
import httpx
from attrs import field, frozen

from ..constants import KEEPALIVE_EXPIRY, MAX_CONNECTIONS
from ..flow.effects import Request
from .messages import HTTPStream, header_fields, timeouts


class _Connection(Protocol):
    """Be a connection of httpcore, blocking or asynchronous."""

    def can_handle_request(self, origin: httpcore.Origin) -> bool: ...

    def has_expired(self) -> bool: ...

    def is_available(self) -> bool: ...


C = TypeVar("C", bound=_Connection)


class _Idle(Generic[C]):
    """Hold connections between two requests; the caller closes what it gives up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stack: list[C] = []
        self._process = os.getpid()

    def take(self, origin: httpcore.Origin) -> tuple[C | None, list[C]]:
        """Return the connection to an origin that was used last, and those to give up."""
        given_up = self.clear() if self._process != os.getpid() else []  # a fork's are its parent's
        with self._lock:
            # Those at the bottom are the first to expire; one look each time finds them in time.
            if len(self._stack) > 1 and self._stack[0].has_expired():
                given_up.append(self._stack.pop(0))
            for index in reversed(range(len(self._stack))):
                if self._stack[index].can_handle_request(origin):
                    found = self._stack.pop(index)
                    if not found.has_expired():
                        return found, given_up
                    given_up.append(found)
        return None, given_up

    def put(self, connection: C) -> list[C]:
        """Keep a connection, if it can be used again; return those to give up."""
        if not connection.is_available():
            return [connection]
        with self._lock:
            self._stack.append(connection)
            given_up = self._stack[:-MAX_CONNECTIONS]
            del self._stack[:-MAX_CONNECTIONS]
        return given_up

    def clear(self) -> list[C]:
        """Return all, to give up."""
        with self._lock:
            given_up, self._stack = self._stack, []
            self._process = os.getpid()
        return given_up


@frozen(eq=False)
class Connections:
    """Send requests, blocking; may be shared by threads."""

    _idle: _Idle[httpcore.HTTPConnection] = field(factory=_Idle, init=False)

    def open(
        self, request: Request, content: bytes | Iterator[bytes], timeout: float
    ) -> HTTPStream[Iterator[bytes]]:
        """Send a request and return the answer, unread."""
        address = _address(request.url)
        message = _message(request, address, content, timeout)
        found, given_up = self._idle.take(address.url.origin)
        connection = found or httpcore.HTTPConnection(**_options(address.url.origin))
        try:
            _close(given_up)
            response = connection.handle_request(message)
        except BaseException:  # httpcore does not close it wherever it may be interrupted
            connection.close()
            raise

        def close() -> None:
            try:
                response.close()
            finally:
                _close(self._idle.put(connection))

        return HTTPStream(
            response.status, _headers(response.headers), response.iter_stream(), close
        )

    def close(self) -> None:
        """Close the connections that are not in use."""
        _close(self._idle.clear())


class _Network(httpcore.AnyIOBackend):
    """Remember the stream of a connection, before it is wrapped in TLS."""

    stream: httpcore.AsyncNetworkStream | None = None

    async def connect_tcp(self, *arguments: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        self.stream = await super().connect_tcp(*arguments, **options)
        return self.stream


class _AsyncConnection(httpcore.AsyncHTTPConnection):
    """Be a connection that can be closed amid its TLS handshake too."""

    def __init__(self, **options: Any) -> None:
        self._network = _Network()
        super().__init__(network_backend=self._network, **options)

    async def aclose(self) -> None:
        try:
            await super().aclose()
        finally:
            if self._network.stream is not None:
                await self._network.stream.aclose()


@frozen(eq=False)
class AsyncConnections:
    """Send requests with `await`, in one event loop."""

    _idle: _Idle[_AsyncConnection] = field(factory=_Idle, init=False)

    async def open(
        self, request: Request, content: bytes | AsyncIterator[bytes], timeout: float
    ) -> HTTPStream[AsyncIterator[bytes]]:
        """Send a request and return the answer, unread."""
        address = _address(request.url)
        message = _message(request, address, content, timeout)
        found, given_up = self._idle.take(address.url.origin)
        connection = found or _AsyncConnection(**_options(address.url.origin))
        try:
            await _aclose(given_up)
            response = await connection.handle_async_request(message)
        except BaseException:
            await connection.aclose()
            raise

        async def close() -> None:
            try:
                await response.aclose()
            finally:
                await _aclose(self._idle.put(connection))

        return HTTPStream(
            response.status, _headers(response.headers), response.aiter_stream(), close
        )

    async def aclose(self) -> None:
        """Close the connections that are not in use."""
        await _aclose(self._idle.clear())


@frozen(eq=False)
class _Address:
    """Hold a URL as httpcore wants it, and the Host header."""

    url: httpcore.URL
    host: bytes


@lru_cache(maxsize=64)  # the endpoint's few are used again and again
def _address(url: str) -> _Address:
    parsed = httpx.URL(url)
    if parsed.scheme not in ("http", "https") or not parsed.host:
        message = "not an http:// or https:// address"
        raise httpcore.UnsupportedProtocol(message)
    found = httpcore.URL(
        scheme=parsed.raw_scheme, host=parsed.raw_host, port=parsed.port, target=parsed.raw_path
    )
    return _Address(found, parsed.netloc)


def _message(
    request: Request,
    address: _Address,
    content: bytes | Iterator[bytes] | AsyncIterator[bytes],
    timeout: float,
) -> httpcore.Request:
    extensions = {"timeout": timeouts(timeout)}
    message = httpcore.Request(request.method, address.url, content=content, extensions=extensions)
    # Set afterwards, as httpcore would look at the type of each name and value once more.
    message.headers = [
        (b"host", address.host),
        *[(name.encode("ascii"), value.encode()) for name, value in header_fields(request).items()],
    ]
    return message


def _options(origin: httpcore.Origin) -> dict[str, Any]:
    """Return how a connection to an origin is made."""
    options: dict[str, Any] = {"origin": origin, "keepalive_expiry": KEEPALIVE_EXPIRY}
    if origin.scheme == b"https":
        environment = ("SSL_CERT_FILE", "SSL_CERT_DIR")
        options["ssl_context"] = _tls_context(*(os.environ.get(name) for name in environment))
    return options


@lru_cache(maxsize=4)  # reading the certificates takes as long as ten requests
def _tls_context(*_environment: str | None) -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _headers(fields: Sequence[tuple[bytes, bytes]]) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in fields:
        name, value = raw_name.decode("latin-1").lower(), _text(raw_value)
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _close(connections: Sequence[httpcore.HTTPConnection]) -> None:
    for connection in connections:
        connection.close()


async def _aclose(connections: Sequence[_AsyncConnection]) -> None:
    if not connections:  # mostly
        return
    async with AsyncExitStack() as stack:  # closes all, also when cancelled at the first
        for connection in connections:
            stack.push_async_callback(connection.aclose)
