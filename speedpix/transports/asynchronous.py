"""Perform effects with `await`, for several event loops."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from concurrent.futures import Future
from functools import partial
from inspect import isawaitable
from typing import Any, AsyncGenerator, AsyncIterator

import httpx
from attrs import evolve, field, frozen

from ..constants import CHUNK_SIZE, MAX_CALLS, MAX_TRANSFERS, MAX_WORKERS, WORKER_PATIENCE
from ..exceptions import ConfigurationError
from ..flow import drivers, effects
from ..flow.clock import Clock
from ..forks import PerProcess
from . import connections, environment
from .clients import AsyncClientTransport, AsyncHTTPClient
from .messages import HTTPStream, Reading, Sending, crowded, is_call, limits, overdue, received
from .workers import Workers


@frozen(eq=False)
class _Pool:
    """The connections and threads of one event loop, and what closes them with the loop."""

    http: httpx.AsyncBaseTransport
    guard: AsyncGenerator[None, None]
    calls: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(MAX_CALLS))
    transfers: asyncio.Semaphore = field(factory=lambda: asyncio.Semaphore(MAX_TRANSFERS))
    workers: Workers = field(factory=lambda: Workers(MAX_WORKERS, WORKER_PATIENCE))


class AsyncTransport:
    """What performs effects with `await`; for several event loops, each with its connections."""

    def __init__(self, clock: Clock, http_client: AsyncHTTPClient | None = None) -> None:
        self._clock = clock
        self._client = http_client
        self._lock = PerProcess(threading.Lock)
        self._loops: PerProcess[dict[asyncio.AbstractEventLoop, _Pool]] = PerProcess(dict)

    def check(self, url: str) -> None:
        """Raise ConfigurationError if no request to this address can be made, and say why."""
        try:
            asyncio.get_running_loop()
        except RuntimeError as error:
            message = (
                "asynchronous calls need asyncio's event loop; under another, such as trio's, "
                "run the blocking ones in a thread: trio.to_thread.run_sync(client.run, …)"
            )
            raise ConfigurationError(message) from error
        if self._client is None:
            environment.check(url)
        elif self._client.is_closed:
            message = (
                "the async_http_client of this client is closed; open it for as long as it is used"
            )
            raise ConfigurationError(message)

    async def perform(self, effect: effects.Effect) -> Any:
        """Do what a flow asked for, and return the answer."""
        handler = getattr(self, f"_{type(effect).__name__.lower()}")  # `_sleep` for a Sleep
        return await handler(effect)

    async def aclose(self) -> None:
        """Close this event loop's connections, unless they are the caller's own client's."""
        pool = self._loops.value.get(asyncio.get_running_loop())
        if pool is not None:
            await pool.guard.aclose()

    async def _pool(self) -> _Pool:
        loop = asyncio.get_running_loop()
        pool = self._loops.value.get(loop)
        if pool is None:
            http = (
                connections.AsyncTransport()
                if self._client is None
                else AsyncClientTransport(self._client)
            )
            guard = self._closed_with_loop(loop, http)
            await guard.__anext__()
            pool = _Pool(http, guard)
            with self._lock.value:
                for closed in [other for other in self._loops.value if other.is_closed()]:
                    del self._loops.value[closed]
                self._loops.value[loop] = pool
        return pool

    async def _closed_with_loop(
        self, loop: asyncio.AbstractEventLoop, http: httpx.AsyncBaseTransport
    ) -> AsyncGenerator[None, None]:
        """Forget a pool, and close it, when its event loop shuts down its async generators.

        `asyncio.run` does that last, while connections can still be closed in good order.
        """
        try:
            yield
        finally:
            with self._lock.value:
                pool = self._loops.value.pop(loop, None)
            if pool is not None:
                pool.workers.close()
            await http.aclose()

    async def _sleep(self, effect: effects.Sleep) -> None:
        await self._clock.async_sleep(effect.seconds)

    async def _exchange(self, effect: effects.Exchange) -> effects.Reply:
        pool = await self._pool()
        places = pool.calls if is_call(effect.request) else pool.transfers
        start = time.monotonic()
        if not await _acquire(places, effect.patience):
            raise crowded(effect.patience)
        try:
            if effect.before is not None:
                await drivers.async_run(effect.before(), self.perform)
            return await self._exchanged(pool, effect.request, *limits(effect, start))
        finally:
            places.release()

    async def _exchanged(
        self, pool: _Pool, request: effects.Request, timeout: float, deadline: float
    ) -> effects.Reply:
        stream = await self._sent(pool, request, timeout, deadline)
        reading = Reading(stream, timeout)
        with stream.sending:
            try:
                async for piece in stream.pieces:
                    reading.add(piece)
            finally:
                await stream.close()
            return reading.reply()

    async def _open(self, effect: effects.Open) -> HTTPStream[AsyncIterator[bytes]]:
        pool = await self._pool()
        start = time.monotonic()
        if not await _acquire(pool.transfers, effect.patience):
            raise crowded(effect.patience)
        try:
            stream = await self._sent(pool, effect.request, effect.timeout, start + effect.patience)
        except BaseException:
            pool.transfers.release()
            raise

        async def close() -> None:
            pool.transfers.release()
            await stream.close()

        return evolve(stream, close=close)

    async def _sent(
        self, pool: _Pool, request: effects.Request, timeout: float, deadline: float
    ) -> HTTPStream[AsyncIterator[bytes]]:
        content, sending = request.content, Sending(request, deadline)
        body: bytes | AsyncIterator[bytes]
        if isinstance(content, bytes):
            body = content if len(content) <= CHUNK_SIZE else _slices(content)
        else:
            body = self._pieces(sending)
        with sending:
            message = sending.message(body, timeout)
            response = await pool.http.handle_async_request(message)
            sending.head_came()
            found, headers = received(response)
            stream: Any = response.stream if found is None else httpx.ByteStream(found)
        pieces = stream.__aiter__()
        return HTTPStream(response.status_code, headers, pieces, stream.aclose, sending)

    async def _pieces(self, sending: Sending) -> AsyncIterator[bytes]:
        read = effects.Work(partial(next, sending.pieces(), b""))
        while piece := await self._work(read):
            yield piece

    async def _receive(self, effect: effects.Receive[HTTPStream[AsyncIterator[bytes]]]) -> bytes:
        with effect.stream.sending:
            async for piece in effect.stream.pieces:
                return piece
        return b""

    async def _close(self, effect: effects.Close[HTTPStream[AsyncIterator[bytes]]]) -> None:
        await effect.stream.close()

    async def _work(self, effect: effects.Work) -> Any:
        return await asyncio.wrap_future(await self._start(effect))

    async def _start(self, effect: effects.Start | effects.Work) -> Future[Any]:
        pool = await self._pool()
        return pool.workers.submit(effect.function)

    async def _gather(self, effect: effects.Gather) -> list[Any]:
        tasks = [
            asyncio.ensure_future(drivers.async_run(flow, self.perform)) for flow in effect.flows
        ]
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _join(self, effect: effects.Join) -> Any:
        joined = asyncio.shield(asyncio.wrap_future(effect.future))
        if effect.patience == math.inf:
            return await joined
        try:
            return await asyncio.wait_for(joined, effect.patience)
        except asyncio.TimeoutError as error:
            raise overdue(effect.patience) from error

    async def _tell(self, effect: effects.Tell) -> None:
        for listener in effect.listeners:
            answer = listener(effect.news)
            if isawaitable(answer):
                await answer


async def _slices(content: bytes) -> AsyncIterator[bytes]:
    """Cut a large body in pieces, so that other tasks run while it is sent."""
    for start in range(0, len(content), CHUNK_SIZE):
        yield content[start : start + CHUNK_SIZE]


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
