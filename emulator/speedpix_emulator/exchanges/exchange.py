"""What every exchange has in common: it is recorded, dated, and may meet a fault."""

from __future__ import annotations

from email.utils import formatdate

from attrs import frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ..clock import Clock
from .faulting import FaultyExchange
from .faults import FaultPlan
from .records import RecordedRequest, Recorder


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
        self.recorder.begin(record)

        async def counted() -> Message:
            message = await receive()
            record.body_size += len(message.get("body", b""))
            return message

        async def dated(message: Message) -> None:
            if message["type"] == "http.response.start":
                record.status = message["status"]
                message["headers"].append((b"date", self._date()))
            await send(message)

        if fault is None:
            await self.handler(scope, counted, dated)
        else:
            faulty = FaultyExchange(self.handler, fault, self.faults.released)
            await faulty(scope, counted, dated)

    def _date(self) -> bytes:
        return formatdate(self.clock.time(), usegmt=True).encode()


def header_mapping(scope: Scope) -> dict[str, str]:
    """Return the request's headers, their names in lower case."""
    return {
        name.decode("latin-1"): value.decode("utf-8", "surrogateescape")
        for name, value in scope["headers"]
    }
