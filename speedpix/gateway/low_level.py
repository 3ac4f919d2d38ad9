"""Give the generated client signed, retried HTTP: `client.api`."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx
from attrs import field, frozen
from speedpix_api import Client as APIClient

from ..exceptions import InputError
from ..flow.drivers import Runner
from ..flow.effects import Flow, Reply, Request
from .exchange import Gateway, exchange
from .operations import operation_at
from .responses import envelope

# What httpx adds of itself, or of answers before, and what signing sets.
_NOT_THE_CALLERS = frozenset(
    ("host", "accept", "accept-encoding", "connection", "content-length", "cookie", "user-agent")
)


def api_client(gateway: Gateway, runner: Runner) -> APIClient:
    """Return the generated client, whose calls go through the same signing and retries."""
    endpoint, transport = gateway.settings.endpoint, _SigningTransport(gateway, runner)
    client = APIClient(base_url=endpoint)
    client.set_httpx_client(httpx.Client(base_url=endpoint, transport=transport))
    return client.set_async_httpx_client(httpx.AsyncClient(base_url=endpoint, transport=transport))


@frozen(eq=False)
class _SigningTransport(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """The SDK's flows, where httpx would have connections."""

    _gateway: Gateway = field(repr=False)
    _runner: Runner = field(repr=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._runner.run(_sent(self._gateway, request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
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
    )


def _readable(reply: Reply) -> Reply:
    envelope(reply)
    return reply
