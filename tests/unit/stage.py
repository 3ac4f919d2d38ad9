"""Run flows against a script of answers: no network, no clock, no thread."""

from __future__ import annotations

import json
from collections import deque
from concurrent.futures import Future

from attrs import define, field

from speedpix.flow import drivers
from speedpix.flow.effects import (
    Close,
    Exchange,
    Gather,
    Join,
    Open,
    Receive,
    Reply,
    Sleep,
    Start,
    Tell,
    Work,
)
from speedpix.gateway.settings import read_settings
from speedpix.session import Session
from speedpix.testing import NoWaitClock

ENDPOINT = "https://service.test"
NOW = 1_800_000_000.0  # Fri, 15 Jan 2027 08:00:00 GMT
APP_KEY, APP_SECRET = "the-app-key", "the-app-secret"


def reply(content=None, status=200, **headers):
    """An answer with a JSON body, or with the bytes given; header names with `_` for `-`."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def ok(**data):
    """The envelope of a call that went well."""
    return reply({"status": 10, "apiInvokeId": "i_1", "data": data})


def refused(message, code="", data=None):
    """The envelope of a call that failed, with HTTP 200."""
    return reply(
        {
            "status": 20,
            "apiInvokeId": "i_2",
            "errCode": "FAILED",
            "errMessage": "the call failed",
            "subErrCode": code,
            "subErrMessage": message,
            "data": data,
        }
    )


def gateway_error(status, code, message, **headers):
    """An answer of the gateway itself."""
    return reply(
        b"",
        status,
        x_ca_error_code=code,
        x_ca_error_message=message,
        x_ca_request_id="request-1",
        **headers,
    )


@define
class Piecewise:
    """An answer whose body comes in pieces; an exception among them breaks it off."""

    status: int
    headers: dict
    pieces: list = field(factory=list)
    closed: bool = False


class Stage:
    """Perform a flow's effects: each exchange takes the next answer of the script.

    An answer is a Reply, a Piecewise, an exception to throw, or a function of the request that
    returns one of these.
    """

    def __init__(self, **settings):
        self.clock = NoWaitClock(NOW)
        session = Session(read_settings(APP_KEY, APP_SECRET, ENDPOINT, **settings), self.clock)
        self.context = session.context
        self.gateway = session.gateway
        self.requests = []
        self.timeouts = []
        self.bodies = []
        self._answers = deque()

    def run(self, flow, *answers):
        """Run a flow to its end; every answer must be taken."""
        self._answers = deque(answers)
        result = drivers.run(flow, self.perform)
        assert not self._answers, "the flow ended before it took every answer"
        return result

    @property
    def paths(self):
        return [request.url.rpartition("/")[2] for request in self.requests]

    def perform(self, effect):  # noqa: C901 - one branch an effect
        if isinstance(effect, Sleep):
            return self.clock.sleep(effect.seconds)
        if isinstance(effect, Work):
            return effect.function()
        if isinstance(effect, Start):  # at once, so that it is known what comes first
            return _future(effect.function)
        if isinstance(effect, Join):
            return effect.future.result()
        if isinstance(effect, Tell):
            for listener in effect.listeners:
                listener(effect.news)
            return None
        if isinstance(effect, Gather):  # one after the other, so that a script can answer them
            return [drivers.run(flow, self.perform) for flow in effect.flows]
        if isinstance(effect, (Exchange, Open)):
            return self._answer(effect)
        if isinstance(effect, Receive):
            piece = effect.stream.pieces.pop(0) if effect.stream.pieces else b""
            if isinstance(piece, BaseException):
                raise piece
            return piece
        assert isinstance(effect, Close)
        effect.stream.closed = True
        return None

    def _answer(self, effect):
        request = effect.request
        if getattr(effect, "before", None) is not None:
            drivers.run(effect.before(), self.perform)
        self.requests.append(request)
        self.timeouts.append(effect.timeout)
        self.bodies.append(_read(request.content))
        assert self._answers, f"no answer is left for {request.method} {request.url}"
        answer = self._answers.popleft()
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, BaseException):
            raise answer
        return answer


def _future(function):
    future = Future()
    try:
        future.set_result(function())
    except OSError as error:
        future.set_exception(error)
    return future


def _read(content):
    if isinstance(content, bytes):
        return content
    pieces = []
    while pieces[-1:] != [b""]:
        pieces.append(content.read(1024))
    return b"".join(pieces)
