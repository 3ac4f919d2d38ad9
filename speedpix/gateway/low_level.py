"""Give the generated client signed, retried HTTP: `client.api`."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
from speedpix_api import Client as APIClient

from ..exceptions import InputError
from ..flow.drivers import Runner
from ..flow.effects import Flow, Reply, Request
from .exchange import Gateway, exchange
from .operations import operation_at
from .responses import envelope

# What httpx adds of itself, and what signing sets.
_NOT_THE_CALLERS = frozenset(
    ("host", "accept", "accept-encoding", "connection", "content-length", "user-agent")
)


def api_client(gateway: Gateway, runner: Runner) -> APIClient:
    """Return the generated client, whose calls go through the same signing and retries."""
    client = APIClient(base_url=gateway.settings.endpoint)
    client.set_httpx_client(_SignedClient(gateway, runner))
    return client.set_async_httpx_client(_AsyncSignedClient(gateway, runner))


class _Unused(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """What stands where httpx would open connections: `send` below has its own."""


class _SignedClient(httpx.Client):
    def __init__(self, gateway: Gateway, runner: Runner) -> None:
        super().__init__(base_url=gateway.settings.endpoint, transport=_Unused())
        self._gateway, self._runner = gateway, runner

    def send(self, request: httpx.Request, **_options: Any) -> httpx.Response:
        return self._runner.run(_sent(self._gateway, request))


class _AsyncSignedClient(httpx.AsyncClient):
    def __init__(self, gateway: Gateway, runner: Runner) -> None:
        super().__init__(base_url=gateway.settings.endpoint, transport=_Unused())
        self._gateway, self._runner = gateway, runner

    async def send(self, request: httpx.Request, **_options: Any) -> httpx.Response:
        return await self._runner.async_run(_sent(self._gateway, request))


def _sent(gateway: Gateway, request: httpx.Request) -> Flow[httpx.Response]:
    """Exchange a request of the generated code, and return the answer as it expects it."""
    endpoint = urlsplit(gateway.settings.endpoint)
    path = request.url.path
    if (
        (request.url.scheme, request.url.netloc.decode()) != (endpoint.scheme, endpoint.netloc)
    ) or not path.startswith(f"{endpoint.path}/"):
        message = "only requests to the client's own endpoint are signed"
        raise InputError(message)
    headers = {
        name: value for name, value in request.headers.items() if name not in _NOT_THE_CALLERS
    }
    plain = Request(request.method, str(request.url), headers, request.content)
    operation = operation_at(path[len(endpoint.path) :])
    reply = yield from exchange(gateway, operation, plain, _readable)
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
