"""Perform effects with `await`, for several event loops."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from typing import Any, AsyncGenerator, AsyncIterator, Callable, ClassVar

import httpx
from attrs import field, frozen

from . import drivers
from .clock import Clock
from .constants import CHUNK_SIZE, MAX_CALLS, MAX_TRANSFERS
from .flow import (
    Body,
    Close,
    Effect,
    Exchange,
    Gather,
    Join,
    Open,
    Receive,
    Reply,
    Request,
    Sleep,
    Work,
)
from .http import (
    LIMITS,
    BoundedBody,
    HTTPStream,
    crowded,
    http_request,
    needs_proxy,
    proxied_client_options,
    translated,
)


@frozen(eq=False)
class _Pool:
    """Hold the connections of one event loop, and what closes them with the loop."""

    client: httpx.AsyncClient | httpx.AsyncHTTPTransport
    guard: AsyncGenerator[None, None]
    calls: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(MAX_CALLS))
    transfers: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(MAX_TRANSFERS))


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
            client = self._given or _own_client()
            guard = self._closed_with_loop(loop, client)
            await guard.__anext__()
            pool = _Pool(client, guard)
            with self._lock:
                for closed in [other for other in self._pools if other.is_closed()]:
                    del self._pools[closed]
                self._pools[loop] = pool
        return pool

    async def _closed_with_loop(
        self,
        loop: asyncio.AbstractEventLoop,
        client: httpx.AsyncClient | httpx.AsyncHTTPTransport,
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
        if not isinstance(effect.request.content, bytes):
            async with pool.transfers:
                return await self._exchanged(pool, effect.request, effect.timeout)
        start = time.monotonic()
        if not await _acquire(pool.calls, effect.patience):
            raise crowded(effect.patience)
        try:
            left = effect.patience - (time.monotonic() - start)
            return await self._exchanged(pool, effect.request, min(effect.timeout, left))
        finally:
            pool.calls.release()

    async def _exchanged(self, pool: _Pool, request: Request, timeout: float) -> Reply:
        with translated(request):
            response = await self._send(pool, request, timeout)
            try:
                body = BoundedBody(timeout)
                async for piece in response.aiter_bytes():
                    body.add(piece)
            finally:
                await response.aclose()
        return Reply(response.status_code, response.headers, bytes(body.content))

    async def _open(self, effect: Open) -> HTTPStream[AsyncIterator[bytes]]:
        pool = await self._pool()
        await pool.transfers.acquire()
        try:
            with translated(effect.request):
                response = await self._send(pool, effect.request, effect.timeout)
        except BaseException:
            pool.transfers.release()
            raise
        return HTTPStream(response, response.aiter_raw(), pool.transfers.release)

    async def _send(self, pool: _Pool, request: Request, timeout: float) -> httpx.Response:
        content = request.content
        body = content if isinstance(content, bytes) else self._pieces(content)
        sendable = http_request(request, body, timeout)
        if isinstance(pool.client, httpx.AsyncHTTPTransport):
            return await pool.client.handle_async_request(sendable)
        return await pool.client.send(sendable, stream=True, auth=None, follow_redirects=False)

    async def _pieces(self, body: Body) -> AsyncIterator[bytes]:
        while True:
            piece = await self._work(Work(lambda: body.read(CHUNK_SIZE)))
            if not piece:
                return
            yield piece

    async def _receive(self, effect: Receive[HTTPStream[AsyncIterator[bytes]]]) -> bytes:
        with translated():
            async for piece in effect.stream.pieces:
                return piece
        return b""

    async def _close(self, effect: Close[HTTPStream[AsyncIterator[bytes]]]) -> None:
        effect.stream.release()
        await effect.stream.response.aclose()

    async def _work(self, effect: Work) -> Any:
        return await asyncio.get_running_loop().run_in_executor(None, effect.function)

    async def _gather(self, effect: Gather) -> list[Any]:
        tasks = [
            asyncio.ensure_future(drivers.async_run(flow, self.perform)) for flow in effect.flows
        ]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _join(self, effect: Join) -> Any:
        return await asyncio.shield(asyncio.wrap_future(effect.future))

    _handlers: ClassVar[dict[type[Any], Callable[[Any, Any], Any]]] = {
        Sleep: _sleep,
        Exchange: _exchange,
        Open: _open,
        Receive: _receive,
        Close: _close,
        Work: _work,
        Gather: _gather,
        Join: _join,
    }


def _own_client() -> httpx.AsyncClient | httpx.AsyncHTTPTransport:
    if needs_proxy():
        return httpx.AsyncClient(**proxied_client_options())
    return httpx.AsyncHTTPTransport(limits=LIMITS)


async def _acquire(places: asyncio.Semaphore, timeout: float) -> bool:
    """Take a place within a time; tell whether there was one.

    `asyncio.wait_for` would do, were it not that before Python 3.12 it can lose a place that
    comes free just as the task is cancelled.
    """
    if timeout == math.inf or not places.locked():
        return await places.acquire()
    waiter = asyncio.ensure_future(places.acquire())
    try:
        await asyncio.wait({waiter}, timeout=timeout)
    except BaseException:
        if not waiter.cancel():
            places.release()
        raise
    return waiter.done() or not waiter.cancel()
