"""Speak HTTP through httpx: what the blocking and the asynchronous transport share.

Nothing here follows a redirect, keeps a cookie or adds a header, so nothing meant for one
origin reaches another.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from functools import lru_cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, AsyncIterator, Callable, Generic, Iterator, Mapping, TypeVar
from urllib.request import getproxies

import httpx
from attrs import frozen

from .addresses import host_of
from .constants import (
    CONNECT_TIMEOUT,
    KEEPALIVE_EXPIRY,
    MAX_CALLS,
    MAX_TRANSFERS,
    REPLY_LIMIT,
    SHORTEST_TIMEOUT,
)
from .exceptions import APIConnectionError, APITimeoutError
from .flow import Request

Pieces = TypeVar("Pieces", Iterator[bytes], AsyncIterator[bytes])


@frozen(eq=False)
class HTTPStream(Generic[Pieces]):
    """Hold an unread answer, what reads it, and what gives its place to the next transfer."""

    response: httpx.Response
    pieces: Pieces
    release: Callable[[], None]

    @property
    def status(self) -> int:
        """Return the HTTP status."""
        return self.response.status_code

    @property
    def headers(self) -> Mapping[str, str]:
        """Return the headers."""
        return self.response.headers


LIMITS = httpx.Limits(
    max_connections=MAX_CALLS + MAX_TRANSFERS,
    max_keepalive_connections=MAX_CALLS + MAX_TRANSFERS,
    keepalive_expiry=KEEPALIVE_EXPIRY,
)


def needs_proxy() -> bool:
    """Tell whether the environment names a proxy.

    If not, httpx's transports are used without its clients: those add cookies, redirects,
    authentication and hooks, all unwanted here, and double the cost of a request.
    """
    return any(getproxies().get(scheme) for scheme in ("http", "https", "all"))


def proxied_client_options() -> dict[str, Any]:
    """Return how an httpx client is made that goes through the environment's proxies."""
    # Cookies are neither kept nor sent.
    return {"cookies": CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])), "limits": LIMITS}


def http_request(request: Request, body: Any, timeout: float) -> httpx.Request:
    """Return a request as httpx wants it; a client's own headers and cookies play no part."""
    headers = dict(request.headers)
    size = None if isinstance(request.content, bytes) else request.content.size
    if size is not None:
        headers["content-length"] = str(size)
    timeout = max(timeout, SHORTEST_TIMEOUT)
    timeouts = dict.fromkeys(("read", "write", "pool"), timeout)
    timeouts["connect"] = min(timeout, CONNECT_TIMEOUT)
    return httpx.Request(
        request.method,
        _parsed(request.url),
        headers=headers,
        content=body,
        extensions={"timeout": timeouts},
    )


@lru_cache(maxsize=64)
def _parsed(url: str) -> httpx.URL:
    """Return a URL taken apart: the endpoint's few are used again and again."""
    return httpx.URL(url)


class BoundedBody:
    """Collect an answer, up to a size and within a time: httpx bounds each read, not their sum."""

    def __init__(self, timeout: float) -> None:
        self.content = bytearray()
        self._timeout = timeout
        self._end = time.monotonic() + timeout

    def add(self, piece: bytes) -> None:
        """Take the next piece, or raise that it is too much or too late."""
        self.content += piece
        if len(self.content) > REPLY_LIMIT:
            message = f"the answer is larger than {REPLY_LIMIT} bytes"
            raise APIConnectionError(message)
        if time.monotonic() > self._end:
            message = f"the answer took longer than {self._timeout:g} s"
            raise APITimeoutError(message)


def crowded(timeout: float) -> APIConnectionError:
    """Return the error for a call that found no place among the client's others in time."""
    message = (
        f"{MAX_CALLS} calls of this client were under way for {timeout:g} s, so this one was "
        "not sent; run fewer at a time, or wait longer"
    )
    return APIConnectionError(message, sent=False)


@contextmanager
def translated(request: Request | None = None) -> Iterator[None]:
    """Turn httpx's errors into the SDK's, with what is known about how far the request got."""
    host = host_of(request.url) if request is not None else "the server"
    try:
        yield
    except (httpx.ConnectTimeout, httpx.ConnectError, httpx.PoolTimeout, httpx.ProxyError) as error:
        message = (
            f"could not connect to {host}: {_reason(error)}; "
            "check the endpoint, the network and the proxy settings"
        )
        raise APIConnectionError(message, sent=False) from error
    except httpx.TimeoutException as error:
        message = f"{host} did not answer in time; a larger timeout=… allows more"
        raise APITimeoutError(message) from error
    except (
        httpx.UnsupportedProtocol,
        httpx.LocalProtocolError,
        httpx.InvalidURL,
        ValueError,  # a host or header that can't be encoded
    ) as error:
        message = f"the request to {host} could not be made: {_reason(error)}"
        raise APIConnectionError(message, sent=False) from error
    except (httpx.TransportError, httpx.StreamError, httpx.DecodingError) as error:
        message = f"the connection to {host} broke: {_reason(error)}"
        raise APIConnectionError(message) from error


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
