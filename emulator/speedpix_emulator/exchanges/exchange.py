"""What every exchange has in common: it is recorded, dated, and may meet a fault."""

from __future__ import annotations

from email.utils import formatdate
from typing import Iterable

from attrs import frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..clock import Clock
from .faulting import FaultyExchange
from .faults import GET, PUT, FaultPlan
from .records import Exchanged, RecordedRequest, Recorder, kept

ERROR = 400

REASON = "speedpix_emulator.reason"
"""The scope's key under which a handler says why it refused."""


@frozen
class Exchange:
    """An ASGI application around the handler of one operation."""

    operation: str
    handler: ASGIApp
    clock: Clock
    faults: FaultPlan
    recorder: Recorder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self.faults.take(self.operation)
        record = RecordedRequest(
            operation=self.operation,
            method=scope["method"],
            path=scope["path"],
            headers=header_mapping(scope),
            fault=fault.name if fault else None,
        )
        exchanged = Exchanged(record, self.clock.time())
        self.recorder.begin(exchanged)

        async def counted() -> Message:
            message = await receive()
            piece = message.get("body", b"")
            record.body_size += len(piece)
            if self.operation != PUT:
                exchanged.sent = kept(exchanged.sent, piece)
            return message

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                message["headers"].append((b"date", self._date()))
                exchanged.answer_headers = _decoded(message["headers"])
            elif self.operation != GET or (record.status or 0) >= ERROR:
                exchanged.answered = kept(exchanged.answered, message.get("body", b""))
            await send(message)

        try:
            if fault is None:
                await self.handler(scope, counted, dated)
            else:
                faulty = FaultyExchange(self.handler, fault, self.faults.released)
                await faulty(scope, counted, dated)
        finally:
            exchanged.reason = scope.get(REASON, "")
            exchanged.ended = True

    def _date(self) -> bytes:
        return formatdate(self.clock.time(), usegmt=True).encode()


def header_mapping(scope: Scope) -> dict[str, str]:
    """Return the request's headers, their names in lower case."""
    return _decoded(scope["headers"])


def _decoded(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("utf-8", "surrogateescape")
        for name, value in headers
    }
