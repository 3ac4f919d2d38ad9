"""Perform effects: HTTP through httpx, sleeping, and blocking work; sync and async.

This is the only module of the flows' machinery that knows httpx. Nothing here follows a
redirect, keeps a cookie or adds a header, so nothing meant for one origin reaches another.
"""

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from contextlib import contextmanager
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import (
    Any,
    AsyncGenerator,
    AsyncIterator,
    Callable,
    ClassVar,
    Iterator,
    Mapping,
    cast,
)
from urllib.parse import urlsplit

import httpx
from attrs import define, frozen

from .clock import Clock
from .constants import (
    CHUNK_SIZE,
    CONNECT_TIMEOUT,
    KEEPALIVE_EXPIRY,
    MAX_CONNECTIONS,
    REPLY_LIMIT,
)
from .exceptions import APIConnectionError, APITimeoutError
from .flow import Body, Close, Effect, Exchange, Open, Receive, Reply, Request, Sleep, Work


@define
class _HTTPStream:
    """Hold an unread answer, and the iterator that reads it."""

    response: httpx.Response
    pieces: Iterator[bytes] | AsyncIterator[bytes]

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        return self.response.headers


class SyncTransport:
    """Perform effects by blocking; may be shared by threads."""

    def __init__(self, clock: Clock, http_client: httpx.Client | None = None) -> None:
        self._clock = clock
        self._given = http_client
        self._own: httpx.Client | None = None
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(MAX_CONNECTIONS)

    def perform(self, effect: Effect) -> Any:
        """Do what a flow asked for, and return the answer."""
        return self._handlers[type(effect)](self, effect)

    def close(self) -> None:
        """Close the connections, unless they are the caller's own client's."""
        with self._lock:
            own, self._own = self._own, None
        if own is not None:
            own.close()

    def _client(self) -> httpx.Client:
        if self._given is not None:
            return self._given
        with self._lock:
            if self._own is None:
                self._own = httpx.Client(**_client_options())
                weakref.finalize(self, self._own.close)
            return self._own

    def _sleep(self, effect: Sleep) -> None:
        self._clock.sleep(effect.seconds)

    def _exchange(self, effect: Exchange) -> Reply:
        with self._places, _translated(effect.request):
            response = self._send(effect)
            try:
                body = _BoundedBody(effect.timeout)
                for piece in response.iter_bytes():
                    body.add(piece)
            finally:
                response.close()
        return Reply(response.status_code, response.headers, bytes(body.content))

    def _open(self, effect: Open) -> _HTTPStream:
        with _translated(effect.request):
            response = self._send(effect)
        return _HTTPStream(response, response.iter_raw())

    def _send(self, effect: Exchange | Open) -> httpx.Response:
        content = effect.request.content
        body = content if isinstance(content, bytes) else _pieces(content)
        return self._client().send(
            _http_request(effect, body), stream=True, auth=None, follow_redirects=False
        )

    def _receive(self, effect: Receive) -> bytes:
        stream = _own(effect.stream)
        with _translated():
            return next(cast("Iterator[bytes]", stream.pieces), b"")

    def _close(self, effect: Close) -> None:
        _own(effect.stream).response.close()

    def _work(self, effect: Work) -> Any:
        return effect.function()

    _handlers: ClassVar[dict[type[Any], Callable[[Any, Any], Any]]] = {
        Sleep: _sleep,
        Exchange: _exchange,
        Open: _open,
        Receive: _receive,
        Close: _close,
        Work: _work,
    }


@frozen(eq=False)
class _Pool:
    """Hold the connections of one event loop, and what closes them with the loop."""

    client: httpx.AsyncClient
    places: asyncio.Semaphore
    guard: AsyncGenerator[None, None]


class AsyncTransport:
    """Perform effects with `await`; may be used from several event loops, each with its pool."""

    def __init__(self, clock: Clock, http_client: httpx.AsyncClient | None = None) -> None:
        self._clock = clock
        self._given = http_client
        self._lock = threading.Lock()
        self._pools: dict[asyncio.AbstractEventLoop, _Pool] = {}

    async def perform(self, effect: Effect) -> Any:
        """Do what a flow asked for, and return the answer."""
        return await self._handlers[type(effect)](self, effect)

    async def aclose(self) -> None:
        """Close this event loop's connections, unless they are the caller's own client's."""
        pool = self._pools.get(asyncio.get_running_loop())
        if pool is not None:
            await pool.guard.aclose()

    async def _pool(self) -> _Pool:
        loop = asyncio.get_running_loop()
        pool = self._pools.get(loop)
        if pool is None:
            client = self._given or httpx.AsyncClient(**_client_options())
            guard = self._closed_with_loop(loop, client)
            await guard.__anext__()
            pool = _Pool(client, asyncio.Semaphore(MAX_CONNECTIONS), guard)
            with self._lock:
                for closed in [other for other in self._pools if other.is_closed()]:
                    del self._pools[closed]
                self._pools[loop] = pool
        return pool

    async def _closed_with_loop(
        self, loop: asyncio.AbstractEventLoop, client: httpx.AsyncClient
    ) -> AsyncGenerator[None, None]:
        """Forget a pool, and close it, when its event loop shuts down its async generators.

        `asyncio.run` does that last, while connections can still be closed in good order.
        """
        try:
            yield
        finally:
            with self._lock:
                self._pools.pop(loop, None)
            if client is not self._given:
                await client.aclose()

    async def _sleep(self, effect: Sleep) -> None:
        await self._clock.async_sleep(effect.seconds)

    async def _exchange(self, effect: Exchange) -> Reply:
        pool = await self._pool()
        async with pool.places:
            with _translated(effect.request):
                response = await self._send(pool, effect)
                try:
                    body = _BoundedBody(effect.timeout)
                    async for piece in response.aiter_bytes():
                        body.add(piece)
                finally:
                    await response.aclose()
        return Reply(response.status_code, response.headers, bytes(body.content))

    async def _open(self, effect: Open) -> _HTTPStream:
        with _translated(effect.request):
            response = await self._send(await self._pool(), effect)
        return _HTTPStream(response, response.aiter_raw())

    async def _send(self, pool: _Pool, effect: Exchange | Open) -> httpx.Response:
        content = effect.request.content
        body = content if isinstance(content, bytes) else self._pieces(content)
        return await pool.client.send(
            _http_request(effect, body), stream=True, auth=None, follow_redirects=False
        )

    async def _pieces(self, body: Body) -> AsyncIterator[bytes]:
        while True:
            piece = await self._work(Work(lambda: body.read(CHUNK_SIZE)))
            if not piece:
                return
            yield piece

    async def _receive(self, effect: Receive) -> bytes:
        stream = _own(effect.stream)
        with _translated():
            async for piece in cast("AsyncIterator[bytes]", stream.pieces):
                return piece
        return b""

    async def _close(self, effect: Close) -> None:
        await _own(effect.stream).response.aclose()

    async def _work(self, effect: Work) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, effect.function)

    _handlers: ClassVar[dict[type[Any], Callable[[Any, Any], Any]]] = {
        Sleep: _sleep,
        Exchange: _exchange,
        Open: _open,
        Receive: _receive,
        Close: _close,
        Work: _work,
    }


def _client_options() -> dict[str, Any]:
    return {
        # Cookies are neither kept nor sent.
        "cookies": CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        "limits": httpx.Limits(
            max_connections=2 * MAX_CONNECTIONS,  # streams are held beside exchanges
            max_keepalive_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEPALIVE_EXPIRY,
        ),
    }


def _http_request(effect: Exchange | Open, body: Any) -> httpx.Request:
    request, timeout = effect.request, effect.timeout
    limits = httpx.Timeout(timeout, connect=min(timeout, CONNECT_TIMEOUT))
    headers = dict(request.headers)
    size = None if isinstance(request.content, bytes) else request.content.size
    if size is not None:
        headers["content-length"] = str(size)
    return httpx.Request(
        request.method,
        request.url,
        headers=headers,
        content=body,
        extensions={"timeout": limits.as_dict()},
    )


def _pieces(body: Body) -> Iterator[bytes]:
    while True:
        piece = body.read(CHUNK_SIZE)
        if not piece:
            return
        yield piece


def _own(stream: Any) -> _HTTPStream:
    assert isinstance(stream, _HTTPStream)  # noqa: S101 - streams come from here only
    return stream


class _BoundedBody:
    """Collect an answer, up to a size and within a time: httpx bounds each read, not their sum."""

    def __init__(self, timeout: float) -> None:
        self.content = bytearray()
        self._timeout = timeout
        self._end = time.monotonic() + timeout

    def add(self, piece: bytes) -> None:
        self.content += piece
        if len(self.content) > REPLY_LIMIT:
            message = f"the answer is larger than {REPLY_LIMIT} bytes"
            raise APIConnectionError(message)
        if time.monotonic() > self._end:
            message = f"the answer took longer than {self._timeout:g} s"
            raise APITimeoutError(message)


@contextmanager
def _translated(request: Request | None = None) -> Iterator[None]:
    """Turn httpx's errors into the SDK's, with what is known about how far the request got."""
    host = urlsplit(request.url).netloc.rpartition("@")[2] if request is not None else "the server"
    try:
        yield
    except (httpx.ConnectTimeout, httpx.ConnectError, httpx.PoolTimeout, httpx.ProxyError) as error:
        message = (
            f"could not connect to {host}: {_reason(error)}; "
            "check the endpoint, the network and the proxy settings"
        )
        raise APIConnectionError(message, sent=False) from error
    except httpx.TimeoutException as error:
        message = f"{host} did not answer in time; a larger timeout=… allows more"
        raise APITimeoutError(message) from error
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL) as error:
        message = f"the request to {host} could not be made: {_reason(error)}"
        raise APIConnectionError(message, sent=False) from error
    except (httpx.TransportError, httpx.StreamError, httpx.DecodingError) as error:
        message = f"the connection to {host} broke: {_reason(error)}"
        raise APIConnectionError(message) from error


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
