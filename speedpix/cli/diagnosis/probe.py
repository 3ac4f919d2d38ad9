"""Reach an endpoint with a request that asks for nothing, and tell how far it got."""

from __future__ import annotations

import socket
import ssl
import time
from urllib.parse import urlsplit

from attrs import frozen

from ...exceptions import APIConnectionError, ConfigurationError
from ...flow.clock import DEFAULT_CLOCK
from ...flow.effects import Exchange, Request
from ...gateway.operations import PROGRESS
from ...gateway.responses import http_date
from ...gateway.signing import JSON
from ...transports.blocking import SyncTransport
from ...transports.messages import TRUST
from ..connecting import USER_AGENT

WRONG_VARIABLE = "correct that environment variable, or unset it"
_NETWORK = "check SPEEDPIX_ENDPOINT and the network; where a proxy is needed, set HTTPS_PROXY"
_DATE_RESOLUTION = 1.0  # seconds; the header's moment is half of it earlier, on average


class NoAnswerError(Exception):
    """A request without an answer: how far it got, and what to do about it."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


@frozen
class Answer:
    """The answer of an endpoint.

    Attributes:
        status: the HTTP status.
        way: how it was reached.
        from_gateway: whether SpeedPix's gateway gave it, which puts an id on every answer.
        clock_offset: seconds that the server's clock is ahead of this one, if it told the time.
    """

    status: int
    way: str
    from_gateway: bool
    clock_offset: float | None


def probe(endpoint: str, timeout: float, *, resolve: bool) -> Answer:
    """Send an unsigned request.

    Args:
        endpoint: where to.
        timeout: seconds to wait for each step.
        resolve: look the name up first; not where a proxy does that.

    Raises:
        NoAnswerError: nothing came back.
    """
    way = _resolved(endpoint) if resolve else "through the proxy"
    before = time.time()
    headers = {"user-agent": USER_AGENT, "content-type": JSON}
    # Any of the gateway's paths: an unsigned request is refused at its door.
    request = Request("POST", f"{endpoint}{PROGRESS.path}", headers, b"{}")
    transport = SyncTransport(DEFAULT_CLOCK)
    try:
        transport.check(endpoint)
        response = transport.perform(Exchange(request, timeout))
    except ConfigurationError as error:
        raise NoAnswerError(error.message, WRONG_VARIABLE) from error
    except APIConnectionError as error:
        what = f"no answer from {endpoint} ({way}): {error.__cause__ or error}"
        raise NoAnswerError(what, TRUST if _is_tls(error) else _NETWORK) from error
    finally:
        transport.close()
    local = (before + time.time()) / 2
    return Answer(
        status=response.status,
        way=way,
        from_gateway="x-ca-request-id" in response.headers,
        clock_offset=_offset(response.headers.get("date", ""), local),
    )


def _resolved(endpoint: str) -> str:
    parts = urlsplit(endpoint)
    try:
        found = socket.getaddrinfo(parts.hostname, parts.port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        what = f"the name {parts.hostname} is not known here: {error}"
        raise NoAnswerError(what, _NETWORK) from error
    return str(found[0][4][0])


def _is_tls(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error is not None


def _offset(date: str, local: float) -> float | None:
    moment = http_date(date)
    return None if moment is None else moment + _DATE_RESOLUTION / 2 - local
