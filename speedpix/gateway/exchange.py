"""Exchange one signed request with the gateway, trying again where that is safe."""

from __future__ import annotations

import math
import random
import uuid
from functools import partial
from typing import Callable, TypeVar

from attrs import define, field

from ..constants import CHUNK_SIZE, RETRY_BUDGET, SHORTEST_TIMEOUT
from ..exceptions import (
    APIConnectionError,
    ServerError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
    rephrased,
)
from ..flow.clock import Clock
from ..flow.effects import Exchange, Flow, Reply, Request, Sleep, Work
from ..logs import logger
from ..values.wire import path_and_query
from .responses import connection_failure, failure, malformed_failure
from .retry import Failure, Outcome, backoff, may_repeat
from .settings import Settings
from .signing import sign, string_to_sign

T = TypeVar("T")


# The one call that starts something paid for. Paths that are not known here are treated
# as this one: an endpoint is sent again only when that is known to be harmless.
SUBMIT_PATH = "/scc/comfy_prompt"
PROGRESS_PATH = "/scc/comfy_get_progress"
RESULT_PATH = "/scc/comfy_get_result"
SIGN_UPLOAD_PATH = "/scc/sp_create_temp_file_upload_sign"
REPEATABLE_PATHS = frozenset((PROGRESS_PATH, RESULT_PATH, SIGN_UPLOAD_PATH))


@define
class Gateway:
    """What every flow needs to know of the service, and the time.

    Attributes:
        settings: the client's configuration.
        clock: the local clock.
        clock_offset: seconds that the gateway's clock is ahead of the local one.
        plain_hosts: stores that could be read over plain http only.
    """

    settings: Settings
    clock: Clock
    clock_offset: float = 0.0
    plain_hosts: set[str] = field(factory=set, init=False)

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
            {"user-agent": self.settings.user_agent, **request.headers},
            body,
            app_key=self.settings.app_key,
            app_secret=self.settings.app_secret,
            timestamp=self.clock.time() + self.clock_offset,
            nonce=str(uuid.uuid4()),
        )
        return Request(request.method, request.url, headers, body)


class Attempts:
    """The attempts at one operation, and how long to wait before the next.

    The budget is the client's `max_retries`, and `budget` seconds from the first failure or the
    caller's deadline (of the monotonic clock), whichever ends first.
    """

    def __init__(
        self,
        gateway: Gateway,
        deadline: float | None = None,
        budget: float | None = RETRY_BUDGET,
    ) -> None:
        self._gateway = gateway
        self._failed = 0
        self._budget = math.inf if budget is None else budget
        self._end = math.inf if deadline is None else deadline

    @property
    def patience(self) -> float:
        """Return the seconds until the deadline."""
        return max(SHORTEST_TIMEOUT, self._end - self._gateway.clock.monotonic())

    @property
    def timeout(self) -> float:
        """Return the seconds that the next attempt may take."""
        return min(self._gateway.settings.timeout, self.patience)

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
        seconds = backoff(self._failed, found.retry_after, random.random())  # noqa: S311
        if now + seconds >= self._end:
            return None
        return seconds


def exchange(
    gateway: Gateway,
    request: Request,
    parse: Callable[[Reply], T],
    deadline: float | None = None,
) -> Flow[T]:
    """Send a request until it is answered with sense, or must not be sent again.

    Args:
        gateway: the service.
        request: what to send; every attempt is signed anew.
        parse: makes the answer's value; raises ServerError when it makes no sense.
        deadline: the clock's monotonic time at which to give up.

    Raises:
        SpeedPixException: why there is no answer; for a submit whose outcome is not known,
            SubmitOutcomeUnknownError.
    """
    path = path_and_query(request.url)
    repeatable = path in REPEATABLE_PATHS
    attempts = Attempts(gateway, deadline)
    corrected = False
    while True:
        signed = yield from _signed(gateway, request)
        try:
            reply = yield Exchange(signed, attempts.timeout, attempts.patience)
        except APIConnectionError as error:
            found = connection_failure(error)
        else:
            logger.debug("%s %s: HTTP %s", request.method, path, reply.status)
            text = partial(string_to_sign, request.method, path, signed.headers)
            refused = failure(reply, now=gateway.clock.time(), string_to_sign=text)
            if refused is not None:
                found = refused
            else:
                try:
                    return parse(reply)
                except ServerError as error:
                    found = malformed_failure(error)
        pause = attempts.pause(found, repeatable=repeatable)
        if found.clock_offset is not None:
            gateway.clock_offset = found.clock_offset
            if corrected:
                raise found.error
            corrected = True
            pause = pause and 0.0
        if pause is None:
            raise _final(found, submit=path == SUBMIT_PATH)
        logger.debug("%s %s failed (%s), again in %.2f s", request.method, path, found.error, pause)
        yield Sleep(pause)


def _signed(gateway: Gateway, request: Request) -> Flow[Request]:
    if not isinstance(request.content, bytes) or len(request.content) <= CHUNK_SIZE:
        return gateway.sign(request)
    signed: Request = yield Work(partial(gateway.sign, request))  # to digest it takes a while
    return signed


def _final(found: Failure, *, submit: bool) -> SpeedPixException:
    """Return the error for a call that is given up."""
    error = found.error
    if not (submit and found.outcome is Outcome.UNKNOWN):
        return error
    message = (
        "the submit was sent and its outcome is not known, so it was not sent again: "
        f"{error.message}; the run may have been started, look in the console before you repeat it"
    )
    return rephrased(error, SubmitOutcomeUnknownError, message)
