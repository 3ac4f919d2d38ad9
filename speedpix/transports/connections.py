"""HTTP connections, kept for the requests to come, those used last on top.

httpcore's own pool asks all its connections, twice a request, whether they are still good:
with many runs at once, that takes more time than the requests. Here the transports bound what
is under way, so that connections need no queue; each request takes the one used last.

The pools are put into httpx's own transports, whose methods stay as they are: these are what
tools that watch, record or stand in for httpx put theirs in place of.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401 (a first look-up imports it, which a fork does not wait for)
import math
import os
import threading
import time
from contextlib import AsyncExitStack
from functools import partial
from typing import Any, AsyncIterator, Callable, Iterator

import httpcore
import httpx
from attrs import define, frozen

from ..constants import KEEPALIVE_EXPIRY, MAX_CONNECTIONS, SHORTEST_TIMEOUT
from ..forks import PerProcess
from ..values.wire import host_of
from .environment import proxy_of, tls_context
from .messages import SENDING, Sending
from .resolving import connected


class Transport(httpx.HTTPTransport):
    """httpx's blocking transport over the SDK's own pool; may be shared by threads."""

    def __init__(self) -> None:
        # The parent's constructor would make a pool that is not used, and a TLS context.
        self._pool: Any = _Pool()


class AsyncTransport(httpx.AsyncHTTPTransport):
    """httpx's asynchronous transport over the SDK's own pool, for one event loop."""

    def __init__(self) -> None:
        self._pool: Any = _AsyncPool()


class _Wire:
    """What is beneath one connection: its socket, and the request that is on its way there.

    A request's head is kept until httpcore writes what follows, if only that nothing does: one
    packet, and one system call, instead of two.
    """

    sending: Sending
    stream: Any = None
    head = b""
    proxy = ""  # the address of the one that it leads through

    def carry(self, sending: Sending) -> None:
        """Take up the next request."""
        self.sending, sending.proxy = sending, self.proxy

    def left(self, timeout: float | None) -> float | None:
        """Return how long the next step may take, where it might take as long as `timeout`."""
        due = self.sending.head_due
        end = self.sending.deadline if due is None else min(due, self.sending.deadline)
        if end == math.inf:
            return timeout
        left = end - time.monotonic()
        if left <= 0:
            self.sending.take_overtime()
        left = max(SHORTEST_TIMEOUT, left)
        return left if timeout is None else min(timeout, left)


class _Network(_Wire, httpcore.SyncBackend):
    def connect_tcp(self, *where: Any, **more: Any) -> Any:
        more["timeout"] = self.left(more.get("timeout"))
        self.stream = super().connect_tcp(*where, **more)
        self.sending.watched = True
        return _Stream(self.stream, self)


class _AsyncNetwork(_Wire, httpcore.AnyIOBackend):
    async def connect_tcp(self, host: str, port: int, **more: Any) -> Any:  # type: ignore[override]
        more["timeout"] = self.left(more.get("timeout"))
        self.stream = await connected(partial(super().connect_tcp, **more), host, port)
        self.sending.watched = True
        return _AsyncStream(self.stream, self)


@frozen(eq=False)
class _Stream:
    """A network stream of httpcore, blocking or not, whose steps end by the wire's deadline."""

    _stream: Any
    _wire: _Wire

    def read(self, max_bytes: int, timeout: float | None = None) -> Any:
        sending = self._wire.sending
        if sending.head_due is None and timeout is not None:  # it comes in as many steps as it may
            sending.head_due = time.monotonic() + timeout
        return self._stream.read(max_bytes, self._wire.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> Any:
        wire, sending = self._wire, self._wire.sending
        sending.head_due = None  # what was read before came from a proxy
        if wire.head:
            wire.head, buffer = b"", wire.head + buffer
            sending.reached = True
        elif not sending.reached and buffer.startswith(sending.method):  # no words with a proxy
            wire.head, buffer = buffer, b""
        return self._stream.write(buffer, wire.left(timeout))

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> Any:
        found = self._stream.start_tls(ssl_context, server_hostname, self._wire.left(timeout))
        return _Stream(found, self._wire)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class _AsyncStream(_Stream):
    async def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> Any:
        found = await self._stream.start_tls(ssl_context, server_hostname, self._wire.left(timeout))
        return _AsyncStream(found, self._wire)


@define(eq=False)
class _Line:
    """A connection of httpcore, and what is beneath it, which alone is there amid a handshake."""

    connection: Any
    wire: _Wire
    expires_at: float = math.inf

    def close(self) -> None:
        try:
            self.connection.close()
        finally:
            if self.wire.stream is not None:
                self.wire.stream.close()

    async def aclose(self) -> None:
        try:
            await self.connection.aclose()
        finally:
            if self.wire.stream is not None:
                await self.wire.stream.aclose()


class _Idle:
    """Connections between two requests; the caller closes what it gives up."""

    def __init__(self) -> None:
        self._lock = PerProcess(threading.Lock)
        self._stack: list[_Line] = []
        self._process = os.getpid()

    def take(self, origin: httpcore.Origin) -> tuple[_Line | None, list[_Line]]:
        """Return the connection to an origin that was used last, and those to give up."""
        given_up = self.clear() if self._process != os.getpid() else []  # a fork's are its parent's
        with self._lock.value:
            # Those at the bottom are the first to expire; one look each time finds them in time.
            if self._stack and self._stack[0].expires_at <= time.monotonic():
                given_up.append(self._stack.pop(0))
            for index in reversed(range(len(self._stack))):
                if self._stack[index].connection.can_handle_request(origin):
                    found = self._stack.pop(index)
                    if not found.connection.has_expired():
                        return found, given_up
                    given_up.append(found)
        return None, given_up

    def put(self, line: _Line) -> list[_Line]:
        """Keep a connection, if it can be used again; return those to give up."""
        if not line.connection.is_available() or _has_surplus(line.connection):
            return [line]
        line.expires_at = time.monotonic() + KEEPALIVE_EXPIRY
        with self._lock.value:
            self._stack.append(line)
            given_up = self._stack[:-MAX_CONNECTIONS]
            del self._stack[:-MAX_CONNECTIONS]
        return given_up

    def clear(self) -> list[_Line]:
        """Return all, to give up."""
        with self._lock.value:
            given_up, self._stack = self._stack, []
            self._process = os.getpid()
        return given_up


class _Pool:
    """Blocking connections, as httpx's transport uses them."""

    def __init__(self) -> None:
        self._idle = _Idle()

    def handle_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request and return the answer, unread."""
        found, given_up = self._idle.take(request.url.origin)
        line = found or _line(request.url.origin, _Network(), "")
        line.wire.carry(request.extensions[SENDING])
        try:
            _close(given_up)
            response: httpcore.Response = line.connection.handle_request(request)
        except BaseException:  # httpcore does not close it wherever it may be interrupted
            line.close()
            raise
        response.stream = _Body(response.stream, lambda: _close(self._idle.put(line)))
        return response

    def close(self) -> None:
        """Close the connections that are not in use."""
        _close(self._idle.clear())


class _AsyncPool:
    """Asynchronous connections, as httpx's transport uses them."""

    def __init__(self) -> None:
        self._idle = _Idle()

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request and return the answer, unread."""
        found, given_up = self._idle.take(request.url.origin)
        line = found or _line(request.url.origin, _AsyncNetwork(), "Async")
        line.wire.carry(request.extensions[SENDING])
        try:
            await _aclose(given_up)
            response: httpcore.Response = await line.connection.handle_async_request(request)
        except BaseException:
            await line.aclose()
            raise
        response.stream = _AsyncBody(response.stream, lambda: _aclose(self._idle.put(line)))
        return response

    async def aclose(self) -> None:
        """Close the connections that are not in use."""
        await _aclose(self._idle.clear())


@define(eq=False)
class _Body:
    """An answer's body, whose end leaves its connection to others."""

    _stream: Any
    _release: Callable[[], Any] | None

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        release, self._release = self._release, None
        if release is not None:
            try:
                self._stream.close()
            finally:
                release()


class _AsyncBody(_Body):
    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()  # type: ignore[no-any-return]

    async def aclose(self) -> None:
        release, self._release = self._release, None
        if release is not None:
            try:
                await self._stream.aclose()
            finally:
                await release()


def _line(origin: httpcore.Origin, network: Any, kind: str) -> _Line:
    """Return a connection to an origin, not open yet; `kind` begins its class's name."""
    options: dict[str, Any] = {"keepalive_expiry": KEEPALIVE_EXPIRY, "network_backend": network}
    proxy = proxy_of(origin.scheme.decode(), origin.host.decode(), origin.port)
    if origin.scheme == b"https" or proxy is not None:
        options["ssl_context"] = tls_context()
    if proxy is None:
        return _Line(getattr(httpcore, f"{kind}HTTPConnection")(origin, **options), network)
    network.proxy = host_of(str(proxy.url))
    url = httpcore.URL(
        scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=b"/"
    )
    options.update(proxy_url=url, proxy_auth=proxy.raw_auth)
    pool = "SOCKSProxy" if proxy.url.scheme.startswith("socks") else "HTTPProxy"
    return _Line(getattr(httpcore, kind + pool)(**options).create_connection(origin), network)


def _has_surplus(connection: Any) -> bool:
    """Tell whether more came than the answer, which must not be read as the next one's.

    Only what came later shows in the socket; this is in h11's buffer already.
    """
    while connection is not None:  # a connection to a proxy is within that through it
        parser = getattr(connection, "_h11_state", None)
        if parser is not None:
            return bool(parser.trailing_data[0])
        connection = getattr(connection, "_connection", None)
    return False


def _close(lines: list[_Line]) -> None:
    for line in lines:
        line.close()


async def _aclose(lines: list[_Line]) -> None:
    if not lines:  # mostly
        return
    async with AsyncExitStack() as stack:  # closes all, also when cancelled at the first
        for line in lines:
            stack.push_async_callback(line.aclose)
