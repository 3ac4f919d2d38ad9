"""The gateway's side of HTTP: signed JSON calls in, envelopes or refusals out."""

from __future__ import annotations

import json
import uuid
from typing import Awaitable, Callable, Optional
from urllib.parse import unquote

from attrs import frozen
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..exchanges.exchange import REASON, header_mapping
from ..limits import GATEWAY_BODY_BYTES
from ..runs.errors import ServiceError
from .authentication import Gateway, RefusalError, SignedRequest
from .bodies import Body
from .envelope import JsonObject, failure, success
from .throttle import Throttle

Call = Callable[[Body, Optional[str]], Awaitable[JsonObject]]

RESOURCES = "x-sp-resource-config-id"


class ClientGoneError(Exception):
    """A connection that the client closed before its request was whole."""


@frozen
class GatewayEndpoint:
    """An ASGI application for one call: POST only."""

    gateway: Gateway
    throttle: Throttle
    call: Call

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._answer(scope, receive)
        except RefusalError as refusal:
            scope[REASON] = refusal.reason
            response = refused(refusal)
        except ClientGoneError:
            return
        await response(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        headers = header_mapping(scope)
        if len(headers) != len(scope["headers"]):
            raise RefusalError(400, "I400HD", "Invalid Header given twice")
        if scope["method"] != "POST":
            raise RefusalError(405, "I405UM", f"Unsupported Method `{scope['method']}`")
        body = await _read(receive)
        query = scope["query_string"].decode("latin-1")
        path = unquote(scope["raw_path"].decode("latin-1"))
        self.gateway.check(SignedRequest("POST", path, query, headers, body))
        self.throttle.count_call()
        content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if content_type != "application/json":
            raise RefusalError(400, "I400CT", "Invalid Content-Type, must be application/json")
        try:
            envelope = success(await self.call(Body.parse(body), headers.get(RESOURCES)))
        except ServiceError as error:
            envelope = failure(error)
        content = json.dumps(envelope, ensure_ascii=False, allow_nan=False).encode(
            "utf-8", "replace"
        )
        return identified(Response(content, 200, media_type="application/json"))


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a request for a path that is not one of the calls."""
    await refused(RefusalError(404, "I404NF", "API not found"))(scope, receive, send)


def refused(refusal: RefusalError) -> Response:
    """Return the gateway's answer: an empty body, everything in headers."""
    headers: dict[str, str] = {"x-ca-error-code": refusal.code}
    if refusal.status == 405:  # noqa: PLR2004
        headers["allow"] = "POST"
    response = Response(b"", refusal.status, headers)
    response.raw_headers.append((b"x-ca-error-message", _one_line(refusal.message)))
    return identified(response)


def identified(response: Response) -> Response:
    """Return the response with an id of its own."""
    request_id = str(uuid.uuid4()).upper().encode()
    response.raw_headers.append((b"x-ca-request-id", request_id))
    return response


def _one_line(message: str) -> bytes:
    return "".join(letter if letter.isprintable() else " " for letter in message).encode()


async def _read(receive: Receive) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        if size > GATEWAY_BODY_BYTES:
            raise RefusalError(413, "I413RL", "Request body too Large")
        if not message.get("more_body", False):
            return b"".join(pieces)
