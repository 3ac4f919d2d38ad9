"""Perform effects by blocking."""

from __future__ import annotations

import math
import threading
import time
import weakref
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, as_completed, wait
from typing import Any, Callable, ClassVar, Iterator

import httpx
from attrs import evolve

from ..constants import CHUNK_SIZE, MAX_CALLS, MAX_TRANSFERS
from ..flow import drivers
from ..flow.clock import Clock
from ..flow.effects import (
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
    Start,
    Tell,
    Work,
)
from .connections import ClientTransport, Transport
from .messages import HTTPStream, Reading, Sending, crowded, overdue, received


class SyncTransport:
    """What performs effects by blocking; may be shared by threads."""

    def __init__(self, clock: Clock, http_client: httpx.Client | None = None) -> None:
        self._clock = clock
        self._http: httpx.BaseTransport = (
            Transport() if http_client is None else ClientTransport(http_client)
        )
        weakref.finalize(self, self._http.close)
        self._calls = threading.BoundedSemaphore(MAX_CALLS)
        self._transfers = threading.BoundedSemaphore(MAX_TRANSFERS)

    def perform(self, effect: Effect) -> Any:
        """Do what a flow asked for, and return the answer."""
        return self._handlers[type(effect)](self, effect)

    def close(self) -> None:
        """Close the connections, unless they are the caller's own client's."""
        self._http.close()

    def _sleep(self, effect: Sleep) -> None:
        self._clock.sleep(effect.seconds)

    def _exchange(self, effect: Exchange) -> Reply:
        is_call = isinstance(effect.request.content, bytes)
        places = self._calls if is_call else self._transfers
        start = time.monotonic()
        if not places.acquire(timeout=min(effect.patience, threading.TIMEOUT_MAX)):
            raise crowded(effect.patience)
        try:
            if effect.before is not None:
                drivers.run(effect.before(), self.perform)
            now = time.monotonic()
            left = effect.patience - (now - start)
            timeout = min(effect.timeout, left)
            deadline = now + (timeout if is_call else left)
            return self._exchanged(effect.request, timeout, deadline)
        finally:
            places.release()

    def _exchanged(self, request: Request, timeout: float, deadline: float = math.inf) -> Reply:
        stream = self._sent(request, timeout, deadline)
        reading = Reading(stream, timeout)
        with stream.sending:
            try:
                for piece in stream.pieces:
                    reading.add(piece)
            finally:
                stream.close()
            return reading.reply()

    def _open(self, effect: Open) -> HTTPStream[Iterator[bytes]]:
        start = time.monotonic()
        if not self._transfers.acquire(timeout=min(effect.patience, threading.TIMEOUT_MAX)):
            raise crowded(effect.patience)
        try:
            stream = self._sent(effect.request, effect.timeout, start + effect.patience)
        except BaseException:
            self._transfers.release()
            raise

        def close() -> None:
            self._transfers.release()
            stream.close()

        return evolve(stream, close=close)

    def _sent(
        self, request: Request, timeout: float, deadline: float = math.inf
    ) -> HTTPStream[Iterator[bytes]]:
        content = request.content
        body = content if isinstance(content, bytes) else _pieces(content)
        sending = Sending(request, deadline)
        with sending:
            message = sending.message(body, timeout)
            response = self._http.handle_request(message)
            sending.reached = True
            found, headers = received(response)
            stream: Any = response.stream if found is None else httpx.ByteStream(found)
        return HTTPStream(response.status_code, headers, iter(stream), stream.close, sending)

    def _receive(self, effect: Receive[HTTPStream[Iterator[bytes]]]) -> bytes:
        with effect.stream.sending:
            return next(effect.stream.pieces, b"")

    def _close(self, effect: Close[HTTPStream[Iterator[bytes]]]) -> None:
        effect.stream.close()

    def _work(self, effect: Work) -> Any:
        return effect.function()

    def _start(self, effect: Start) -> Future[Any]:
        pool = ThreadPoolExecutor(1, "speedpix")
        try:
            return pool.submit(effect.function)
        finally:
            pool.shutdown(wait=False)

    def _gather(self, effect: Gather) -> list[Any]:
        if len(effect.flows) == 1:
            return [drivers.run(effect.flows[0], self.perform)]
        stopped = threading.Event()

        def perform(each: Effect) -> Any:
            if stopped.is_set() and not isinstance(each, Close):
                raise CancelledError
            return self.perform(each)

        pool = ThreadPoolExecutor(min(len(effect.flows), MAX_TRANSFERS), "speedpix")
        try:
            running = [pool.submit(drivers.run, flow, perform) for flow in effect.flows]
            # In order of completion, so that the first failure stops the rest.
            for done in as_completed(running):
                done.result()
            return [each.result() for each in running]
        except Exception:
            stopped.set()
            pool.shutdown(wait=True)
            raise
        finally:  # on Ctrl-C, nobody waits for a file that is being sent
            stopped.set()
            pool.shutdown(wait=False)

    def _join(self, effect: Join) -> Any:
        if wait({effect.future}, min(effect.patience, threading.TIMEOUT_MAX)).not_done:
            raise overdue(effect.patience)
        return effect.future.result()

    def _tell(self, effect: Tell) -> None:
        for listener in effect.listeners:
            listener(effect.news)

    _handlers: ClassVar[dict[type[Any], Callable[[Any, Any], Any]]] = {
        Sleep: _sleep,
        Exchange: _exchange,
        Open: _open,
        Receive: _receive,
        Close: _close,
        Work: _work,
        Start: _start,
        Gather: _gather,
        Join: _join,
        Tell: _tell,
    }


def _pieces(body: Body) -> Iterator[bytes]:
    while True:
        piece = body.read(CHUNK_SIZE)
        if not piece:
            return
        yield piece
