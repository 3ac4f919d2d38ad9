"""Give the generated client signed, retried HTTP: `client.api`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
from speedpix_api import Client as APIClient

from ..exceptions import InputError
from ..flow.effects import Flow, Reply, Request
from .exchange import exchange
from .responses import envelope

if TYPE_CHECKING:
    from ..session import Engine

# What httpx adds of itself, and what signing sets.
_NOT_THE_CALLERS = frozenset(
    ("host", "accept", "accept-encoding", "connection", "content-length", "user-agent")
)


def api_client(engine: Engine) -> APIClient:
    """Return the generated client, whose calls go through the same signing and retries."""
    client = APIClient(base_url=engine.gateway.settings.endpoint)
    client.set_httpx_client(_SignedClient(engine))
    return client.set_async_httpx_client(_AsyncSignedClient(engine))


class _Unused(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Stand where httpx would open connections: `send` below has connections of its own."""


class _SignedClient(httpx.Client):
    def __init__(self, engine: Engine) -> None:
        super().__init__(base_url=engine.gateway.settings.endpoint, transport=_Unused())
        self._engine = engine

    def send(self, request: httpx.Request, **_options: Any) -> httpx.Response:
        return self._engine.run(_sent(self._engine, request))


class _AsyncSignedClient(httpx.AsyncClient):
    def __init__(self, engine: Engine) -> None:
        super().__init__(base_url=engine.gateway.settings.endpoint, transport=_Unused())
        self._engine = engine

    async def send(self, request: httpx.Request, **_options: Any) -> httpx.Response:
        return await self._engine.async_run(_sent(self._engine, request))


def _sent(engine: Engine, request: httpx.Request) -> Flow[httpx.Response]:
    """Exchange a request of the generated code, and return the answer as it expects it."""
    endpoint = urlsplit(engine.gateway.settings.endpoint)
    if (request.url.scheme, request.url.netloc.decode()) != (endpoint.scheme, endpoint.netloc):
        message = "only requests to the client's own endpoint are signed"
        raise InputError(message)
    headers = {
        name: value for name, value in request.headers.items() if name not in _NOT_THE_CALLERS
    }
    plain = Request(request.method, str(request.url), headers, request.content)
    reply = yield from exchange(engine.gateway, plain, _readable)
    return httpx.Response(
        reply.status,
        # The body is decoded already.
        headers=[
            (name.encode(), value.encode("utf-8", "replace"))
            for name, value in reply.headers.items()
            if name.lower() != "content-encoding"
        ],
        content=reply.body,
        request=request,
    )


def _readable(reply: Reply) -> Reply:
    envelope(reply)
    return reply
