"""Who may see the page: browsers on this machine, and no other site's page within them."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import Response

HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}

Handler = Callable[[Request], Awaitable[Response]]


def is_loopback(host: str | None) -> bool:
    """Return whether a host, by name or address, is this machine itself."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def guarded(handler: Handler) -> Handler:
    """Return the handler for those who may see the page; others get 403, all the same headers."""

    async def handle(request: Request) -> Response:
        response = _refusal(request) or await handler(request)
        response.headers.update(HEADERS)
        return response

    return handle


def _refusal(request: Request) -> Response | None:
    if not is_loopback(request.client and request.client.host):
        return Response("the page is for browsers on this machine only", 403)
    # A site elsewhere may let its name lead here, and would then read what this machine says.
    if not is_loopback(request.url.hostname):
        return Response("the page is found under this machine's own address only", 403)
    own = f"{request.url.scheme}://{request.url.netloc}"
    if request.method == "POST" and request.headers.get("origin") != own:
        return Response("only the page itself may change something", 403)
    return None
