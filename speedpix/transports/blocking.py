"""Perform effects by blocking."""

from __future__ import annotations

import threading
import time
import weakref
from concurrent.futures import CancelledError, Future, as_completed, wait
from functools import partial
from typing import Any, Callable, Iterator

import httpx
from attrs import evolve, frozen

from ..constants import MAX_CALLS, MAX_TRANSFERS, STOP_PATIENCE
from ..exceptions import ConfigurationError
from ..flow import drivers, effects
from ..flow.clock import Clock
from ..forks import PerProcess
from . import environment
from .clients import ClientTransport, HTTPClient
from .connections import Transport
from .messages import HTTPStream, Reading, Sending, crowded, is_call, limits, overdue, received
from .workers import Workers


class SyncTransport:
    """What performs effects by blocking; may be shared by threads."""

    def __init__(self, clock: Clock, http_client: HTTPClient | None = None) -> None:
        self._clock = clock
        self._client = http_client
        self._http: httpx.BaseTransport = (
            Transport() if http_client is None else ClientTransport(http_client)
        )
        weakref.finalize(self, self._http.close)
        self._calls = PerProcess(partial(threading.BoundedSemaphore, MAX_CALLS))
        self._transfers = PerProcess(partial(threading.BoundedSemaphore, MAX_TRANSFERS))

    def check(self, url: str) -> None:
        """Raise ConfigurationError if no request to this address can be made, and say why."""
        if self._client is None:
            environment.check(url)
        elif self._client.is_closed:
            message = "the http_client of this client is closed; open it for as long as it is used"
            raise ConfigurationError(message)

    def perform(self, effect: effects.Effect) -> Any:
        """Do what a flow asked for, and return the answer."""
        handler = getattr(self, f"_{type(effect).__name__.lower()}")  # `_sleep` for a Sleep
        return handler(effect)

    def close(self) -> None:
        """Close the connections, unless they are the caller's own client's."""
        self._http.close()

    def _sleep(self, effect: effects.Sleep) -> None:
        self._clock.sleep(effect.seconds)

    def _exchange(self, effect: effects.Exchange) -> effects.Reply:
        places = self._calls.value if is_call(effect.request) else self._transfers.value
        start = time.monotonic()
        if not places.acquire(timeout=min(effect.patience, threading.TIMEOUT_MAX)):
            raise crowded(effect.patience)
        try:
            if effect.before is not None:
                drivers.run(effect.before(), self.perform)
            return self._exchanged(effect.request, *limits(effect, start))
        finally:
            places.release()

    def _exchanged(
        self, request: effects.Request, timeout: float, deadline: float
    ) -> effects.Reply:
        stream = self._sent(request, timeout, deadline)
        reading = Reading(stream, timeout)
        with stream.sending:
            try:
                for piece in stream.pieces:
                    reading.add(piece)
            finally:
                stream.close()
            return reading.reply()

    def _open(self, effect: effects.Open) -> HTTPStream[Iterator[bytes]]:
        start, transfers = time.monotonic(), self._transfers.value
        if not transfers.acquire(timeout=min(effect.patience, threading.TIMEOUT_MAX)):
            raise crowded(effect.patience)
        try:
            stream = self._sent(effect.request, effect.timeout, start + effect.patience)
        except BaseException:
            transfers.release()
            raise

        def close() -> None:
            transfers.release()
            stream.close()

        return evolve(stream, close=close)

    def _sent(
        self, request: effects.Request, timeout: float, deadline: float
    ) -> HTTPStream[Iterator[bytes]]:
        content, sending = request.content, Sending(request, deadline)
        body = content if isinstance(content, bytes) else sending.pieces()
        with sending:
            message = sending.message(body, timeout)
            response = self._http.handle_request(message)
            sending.head_came()
            found, headers = received(response)
            stream: Any = response.stream if found is None else httpx.ByteStream(found)
        return HTTPStream(response.status_code, headers, iter(stream), stream.close, sending)

    def _receive(self, effect: effects.Receive[HTTPStream[Iterator[bytes]]]) -> bytes:
        with effect.stream.sending:
            return next(effect.stream.pieces, b"")

    def _close(self, effect: effects.Close[HTTPStream[Iterator[bytes]]]) -> None:
        effect.stream.close()

    def _work(self, effect: effects.Work) -> Any:
        return effect.function()

    def _start(self, effect: effects.Start) -> Future[Any]:
        return Workers(1).submit(effect.function)

    def _gather(self, effect: effects.Gather) -> list[Any]:
        if len(effect.flows) == 1:
            return [drivers.run(effect.flows[0], self.perform)]
        group = _Group(self.perform)
        workers = Workers(MAX_TRANSFERS)
        try:
            running = [workers.submit(partial(group.run, flow)) for flow in effect.flows]
            for _ in as_completed(running):
                if group.failures:
                    break
            if not group.failures:
                return [each.result() for each in running]
        finally:  # on Ctrl-C, nobody waits for a file that is being sent
            group.stopped.set()
        wait(running, timeout=STOP_PATIENCE)
        raise group.failures[0]

    def _join(self, effect: effects.Join) -> Any:
        if wait({effect.future}, min(effect.patience, threading.TIMEOUT_MAX)).not_done:
            raise overdue(effect.patience)
        return effect.future.result()

    def _tell(self, effect: effects.Tell) -> None:
        for listener in effect.listeners:
            listener(effect.news)


class _Group:
    """Flows that run at the same time, and stop when one of them has failed.

    Attributes:
        failures: what was raised, in order; what comes after the first is of little interest.
        stopped: set when nothing more is to be done.
    """

    def __init__(self, perform: Callable[[effects.Effect], Any]) -> None:
        self._perform = perform
        self.failures: list[BaseException] = []
        self.stopped = threading.Event()

    def run(self, flow: effects.Flow[Any]) -> Any:
        """Run one of the flows to its end."""
        try:
            return drivers.run(flow, self._perform_unless_stopped)
        except BaseException as error:
            self.failures.append(error)
            self.stopped.set()
            raise

    def read(self, body: effects.Body, size: int) -> bytes:
        """Read from a request's body, which may be large."""
        if self.stopped.is_set():
            raise CancelledError
        return body.read(size)

    def _perform_unless_stopped(self, effect: effects.Effect) -> Any:
        if self.stopped.is_set() and not isinstance(effect, effects.Close):
            raise CancelledError
        if isinstance(effect, effects.Exchange) and not isinstance(effect.request.content, bytes):
            body = _GroupBody(self, effect.request.content)
            effect = evolve(effect, request=evolve(effect.request, content=body))
        return self._perform(effect)


@frozen
class _GroupBody:
    """A request's body that ends with its group."""

    _group: _Group
    _body: effects.Body

    @property
    def size(self) -> int | None:
        return self._body.size

    def read(self, size: int) -> bytes:
        return self._group.read(self._body, size)
