"""Exchange one signed request with the gateway, trying again where that is safe."""

from __future__ import annotations

import math
import random
import uuid
from functools import partial
from typing import Any, Callable, TypeVar

from attrs import define, field

from ..constants import CHUNK_SIZE, RETRY_BUDGET, SHORTEST_TIMEOUT
from ..exceptions import (
    APIConnectionError,
    RateLimitError,
    ServerError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
    rephrased,
)
from ..flow.clock import Clock
from ..flow.effects import Exchange, Flow, Reply, Request, Sleep, Work
from ..logs import logger
from ..values.wire import path_and_query
from .limiter import Limiter, limiter_of
from .operations import Operation
from .responses import connection_failure, failure, malformed
from .retry import Failure, Outcome, backoff, may_repeat
from .settings import Settings
from .signing import sign, string_to_sign

T = TypeVar("T")


@define
class Gateway:
    """What every flow needs to know of the service, and the time.

    Attributes:
        settings: the client's configuration.
        clock: the local clock.
        clock_offset: seconds that the gateway's clock is ahead of the local one.
        limiter: what all callers of this service in this process share.
        plain_hosts: stores that could be read over plain http only.
    """

    settings: Settings
    clock: Clock
    clock_offset: float = 0.0
    limiter: Limiter = field(init=False)
    plain_hosts: set[str] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        self.limiter = limiter_of(self.settings, self.clock)

    def url(self, path: str) -> str:
        """Return the address of an endpoint."""
        return f"{self.settings.endpoint}{path}"

    def sign(self, request: Request) -> Request:
        """Return a request with fresh time, nonce and signature."""
        self.settings.require_credentials()
        body = request.content if isinstance(request.content, bytes) else b""
        headers = sign(
            request.method,
            path_and_query(request.url),
            {
                **dict(self.settings.default_headers),
                "user-agent": self.settings.user_agent,
                **request.headers,
            },
            body,
            app_key=self.settings.app_key,
            app_secret=self.settings.app_secret,
            timestamp=self.clock.time() + self.clock_offset,
            nonce=str(uuid.uuid4()),
        )
        connect = self.settings.timeout.connect
        return Request(request.method, request.url, headers, body, connect)


class Attempts:
    """The attempts at one operation, and how long to wait before the next.

    The budget is the client's `max_retries`, and `budget` seconds from the first failure or the
    caller's deadline (of the monotonic clock), whichever ends first.
    """

    def __init__(
        self,
        gateway: Gateway,
        deadline: float = math.inf,
        budget: float = RETRY_BUDGET,
    ) -> None:
        self._gateway = gateway
        self._failed = 0
        self._budget = budget
        self._end = self._deadline = deadline

    @property
    def patience(self) -> float:
        """Return the seconds until the deadline."""
        return max(SHORTEST_TIMEOUT, self._end - self._gateway.clock.monotonic())

    @property
    def is_over(self) -> bool:
        """Tell whether the deadline has passed."""
        return self._gateway.clock.monotonic() >= self._end

    @property
    def times(self) -> tuple[float, float]:
        """Return the seconds that the next attempt's exchange may take, and those for all of it."""
        patience = self.patience
        return min(self._gateway.settings.timeout.exchange, patience), patience

    def pause(self, found: Failure, *, repeatable: bool) -> float | None:
        """Return the seconds to wait before the next attempt, or None to give up."""
        self._failed += 1
        now = self._gateway.clock.monotonic()
        if self._failed == 1:
            self._end = min(self._end, now + self._budget)
        if self._failed > self._gateway.settings.max_retries:
            return None
        if not may_repeat(found.outcome, repeatable=repeatable):
            return None
        seconds = backoff(self._failed, found.error.retry_after, random.random())  # noqa: S311
        # What the server asks for is capped, but never shortened to fit a deadline.
        if now + seconds >= self._end or self.is_over_in(found.error.retry_after or 0.0):
            return None
        return seconds

    def is_over_in(self, seconds: float) -> bool:
        """Tell whether the caller's deadline is so near."""
        return self._gateway.clock.monotonic() + seconds >= self._deadline


def _nothing(_body: bytes) -> Any:
    return None


def exchange(
    gateway: Gateway,
    operation: Operation,
    request: Request,
    parse: Callable[[Reply], T],
    *,
    deadline: float = math.inf,
    before: Callable[[], Flow[None]] | None = None,
    rescue: Callable[[bytes], T | None] = _nothing,
    queued: bool = False,
) -> Flow[T]:
    """Send a request until it is answered with sense, or must not be sent again.

    Args:
        gateway: the service.
        operation: what is asked of it, which tells whether it may be sent again.
        request: what to send; every attempt is signed anew.
        parse: makes the answer's value; raises ServerError when it makes no sense.
        deadline: the clock's monotonic time at which to give up.
        before: a flow to run before each attempt, once nothing but the network is in its way.
        rescue: makes the value of the body, or the part of it that came, of an answer that is a
            failure, makes no sense or broke off, if it can.
        queued: whether the caller has a queue, to which the call returns when it is throttled.

    Raises:
        SpeedPixException: why there is no answer; for a submit whose outcome is not known,
            SubmitOutcomeUnknownError.
    """
    path = path_and_query(request.url)
    attempts = Attempts(gateway, deadline)
    corrected = False
    while True:
        begun = yield from gateway.limiter.admitted(attempts.patience)
        signed = yield from _signed(gateway, request)
        try:
            reply = yield Exchange(signed, *attempts.times, before)
        except APIConnectionError as error:
            found, body = connection_failure(error), error.part
        else:
            logger.debug("%s %s: HTTP %s", request.method, path, reply.status)
            read = _read(gateway, signed, reply, parse)
            if not isinstance(read, Failure):
                return read
            found, body = read, reply.body
        rescued = rescue(body)
        if rescued is not None:
            logger.warning("%s: %s; it was taken all the same", operation.name, found.error)
            return rescued
        pause = attempts.pause(found, repeatable=operation.repeatable)
        if isinstance(found.error, RateLimitError) and found.outcome is not Outcome.FINAL:
            shared = gateway.limiter.refused(begun, pause or 0.0, submit=operation.paid)
            is_over = queued or attempts.is_over_in(shared)
            pause = None if pause is None or is_over else shared
        if found.clock_offset is not None:
            gateway.clock_offset = found.clock_offset
            if corrected:
                raise found.error
            corrected = True
            pause = pause and 0.0
        if pause is None:
            raise _final(found, paid=operation.paid)
        logger.debug("%s %s failed (%s), again in %.2f s", request.method, path, found.error, pause)
        yield Sleep(pause, before_retry=True)


def _read(
    gateway: Gateway, request: Request, reply: Reply, parse: Callable[[Reply], T]
) -> T | Failure:
    """Return the value of an answer, or the failure that it is, whatever is wrong with it."""
    signed = partial(string_to_sign, request.method, path_and_query(request.url), request.headers)
    try:
        refused = failure(reply, now=gateway.clock.time(), string_to_sign=signed)
        return parse(reply) if refused is None else refused
    except ServerError as error:
        return Failure(error, Outcome.UNKNOWN)
    except Exception as error:  # noqa: BLE001 - it was sent and answered: never "not taken"
        return Failure(malformed(reply, f"{type(error).__name__}: {error}"), Outcome.UNKNOWN)


def _signed(gateway: Gateway, request: Request) -> Flow[Request]:
    if not isinstance(request.content, bytes) or len(request.content) <= CHUNK_SIZE:
        return gateway.sign(request)
    signed: Request = yield Work(partial(gateway.sign, request))  # to digest it takes a while
    return signed


def _final(found: Failure, *, paid: bool) -> SpeedPixException:
    """Return the error for a call that is given up."""
    error = found.error
    if not (paid and found.outcome is Outcome.UNKNOWN):
        return error
    message = (
        "the submit was sent and its outcome is not known, so it was not sent again: "
        f"{error.message}; the run may have been started, look in the console before you repeat it"
    )
    return rephrased(error, SubmitOutcomeUnknownError, message)
