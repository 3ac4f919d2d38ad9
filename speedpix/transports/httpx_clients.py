"""Send requests through httpx's clients: the caller's own, or one that knows the proxies.

Its connections are the SDK's own elsewhere (`connections`): a client of httpx adds cookies,
redirects, authentication and hooks, which all are unwanted here and double a request's cost.
"""

from __future__ import annotations

from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, AsyncIterator, Iterator
from urllib.request import getproxies

import httpx
from attrs import frozen

from ..constants import KEEPALIVE_EXPIRY, MAX_CONNECTIONS
from ..flow.effects import Request
from .messages import HTTPStream, header_fields, timeouts


def needs_proxy() -> bool:
    """Tell whether the environment names a proxy."""
    return any(getproxies().get(scheme) for scheme in ("http", "https", "all"))


@frozen(eq=False)
class HTTPXClient:
    """Send requests through a blocking client of httpx."""

    _client: httpx.Client

    def open(
        self, request: Request, content: bytes | Iterator[bytes], timeout: float
    ) -> HTTPStream[Iterator[bytes]]:
        """Send a request and return the answer, unread."""
        response = self._client.send(_message(request, content, timeout), **_SENDING)
        pieces = iter(_read(response)) if response.is_stream_consumed else response.iter_raw()
        return HTTPStream(response.status_code, response.headers, pieces, response.close)

    def close(self) -> None:
        """Close the client."""
        self._client.close()


@frozen(eq=False)
class AsyncHTTPXClient:
    """Send requests through an asynchronous client of httpx."""

    _client: httpx.AsyncClient

    async def open(
        self, request: Request, content: bytes | AsyncIterator[bytes], timeout: float
    ) -> HTTPStream[AsyncIterator[bytes]]:
        """Send a request and return the answer, unread."""
        response = await self._client.send(_message(request, content, timeout), **_SENDING)
        pieces = _async_read(response) if response.is_stream_consumed else response.aiter_raw()
        return HTTPStream(response.status_code, response.headers, pieces, response.aclose)

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.aclose()


_SENDING: Any = {"stream": True, "auth": None, "follow_redirects": False}


def proxied_client_options() -> dict[str, Any]:
    """Return how an httpx client is made that goes through the environment's proxies."""
    return {
        # Cookies are neither kept nor sent.
        "cookies": CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
        "limits": httpx.Limits(
            max_connections=MAX_CONNECTIONS,
            max_keepalive_connections=MAX_CONNECTIONS,
            keepalive_expiry=KEEPALIVE_EXPIRY,
        ),
    }


def _read(response: httpx.Response) -> list[bytes]:
    """Return the body of an answer that is there whole, as mock transports make it."""
    response.headers.pop("content-encoding", None)  # httpx has decoded it
    return [response.content]


async def _async_read(response: httpx.Response) -> AsyncIterator[bytes]:
    for piece in _read(response):
        yield piece


def _message(request: Request, content: Any, timeout: float) -> httpx.Request:
    """Return a request as httpx wants it; a client's own headers and cookies play no part."""
    return httpx.Request(
        request.method,
        request.url,
        headers=header_fields(request),
        content=content,
        extensions={"timeout": timeouts(timeout)},
    )
