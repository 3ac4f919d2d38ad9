"""HTTP clients that a caller brings along: httpx's, or httpx2's, which is not depended on."""

from __future__ import annotations

import asyncio
import math
import sys
import time
from functools import lru_cache, partial
from types import ModuleType
from typing import Any, Protocol

import httpx

from ..exceptions import ConfigurationError
from .messages import SENDING, PiecesStream, Sending, without_shown_query


class HTTPClient(Protocol):
    """An `httpx.Client` or an `httpx2.Client`."""

    @property
    def is_closed(self) -> bool: ...

    def send(self, request: Any, *, stream: bool) -> Any: ...

    def close(self) -> None: ...  # tells it from the other kind


class AsyncHTTPClient(Protocol):
    """An `httpx.AsyncClient` or an `httpx2.AsyncClient`."""

    @property
    def is_closed(self) -> bool: ...

    async def send(self, request: Any, *, stream: bool) -> Any: ...

    async def aclose(self) -> None: ...


def check_clients(http_client: object, async_http_client: object) -> None:
    """Raise ConfigurationError for one that is neither None nor of its kind."""
    for name, client, kind, other in (
        ("http_client", http_client, "Client", "AsyncClient"),
        ("async_http_client", async_http_client, "AsyncClient", "Client"),
    ):
        if client is None or isinstance(client, _kinds(kind)):
            continue
        message = f"{name} must be an httpx.{kind}, or httpx2's, not {type(client).__name__}"
        if isinstance(client, _kinds(other)):
            message += f"; {'async_' if other == 'AsyncClient' else ''}http_client takes that"
        raise ConfigurationError(message)


def _libraries() -> list[ModuleType]:
    """Return httpx, and httpx2 where the program uses it."""
    return [httpx, *filter(None, [sys.modules.get("httpx2")])]


def _kinds(name: str) -> tuple[type, ...]:
    return tuple(getattr(library, name) for library in _libraries())


class ClientTransport(httpx.BaseTransport):
    """The caller's own blocking client; its hooks see requests, its settings don't change them."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the answer, unread."""
        request.extensions["trace"] = partial(_trace, request.extensions[SENDING])
        return self._client.send(_suited(self._client, request), **_AS_IT_IS)  # type: ignore[no-any-return]


class AsyncClientTransport(httpx.AsyncBaseTransport):
    """The caller's own asynchronous client, likewise."""

    def __init__(self, client: Any) -> None:
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the answer, unread."""
        sending: Sending = request.extensions[SENDING]
        request.extensions["trace"] = partial(_async_trace, sending)
        sent = self._client.send(_suited(self._client, request), **_AS_IT_IS)
        left = sending.deadline - time.monotonic()
        if left == math.inf:
            return await sent  # type: ignore[no-any-return]
        try:  # the library's own times are for each read
            return await asyncio.wait_for(sent, left)
        except asyncio.TimeoutError as error:
            message = "the answer did not begin in time"
            raise httpx.ReadTimeout(message) from error


_AS_IT_IS: Any = {"stream": True, "auth": None, "follow_redirects": False}


def _suited(client: object, request: httpx.Request) -> Any:
    """Return a request as one of the client's own library."""
    if isinstance(client, (httpx.Client, httpx.AsyncClient)):
        return request
    library = sys.modules["httpx2"]
    address = _url_class(library)(httpx.URL.__str__(request.url))
    body = request.stream
    message = library.Request(
        request.method,
        address,
        headers=request.headers.raw,
        content=body.pieces if isinstance(body, PiecesStream) else request.content,
        extensions=request.extensions,
    )
    message.url = address  # it has made a plain one of it
    return message


@lru_cache(maxsize=None)
def _url_class(library: ModuleType) -> Any:
    return without_shown_query(library.URL)


def _trace(sending: Sending, event: str, info: Any) -> None:
    """Take note of an event on a connection of httpcore."""
    if event.endswith(".send_request_headers.started"):
        sending.reached = sending.reached or info["request"].method == sending.method


async def _async_trace(sending: Sending, event: str, info: Any) -> None:
    _trace(sending, event, info)
