"""Carry out a fault on one ASGI exchange."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from typing import List, Sequence, Tuple

from attrs import define, frozen
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .faults import Answer, Fault, Place

TRANSPORT = "speedpix_emulator.transport"
"""The scope's key for the connection's asyncio transport."""

Headers = List[Tuple[bytes, bytes]]

SLOW_PIECE_BYTES = 16 * 1024


class ConnectionDroppedError(Exception):
    """A connection dropped on purpose: the handler has nothing more to do."""


@frozen
class FaultyExchange:
    """An ASGI application around another, for one exchange that meets a fault.

    `released` is the future whose end lets what hangs go on.
    """

    app: ASGIApp
    fault: Fault
    released: Future[None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault, transport = self.fault, scope[TRANSPORT]
        if fault.hang_before is not None:
            await _hang(fault.hang_before, self.released)
            if transport.is_closing():
                return
        if fault.answer is not None:
            await send_answer(fault.answer, send)
            return
        limit = _byte(fault.lose_request, content_length(scope["headers"]))
        faulty_receive = _LossyReceive(limit, transport, receive)
        faulty_send = _FaultySend(fault, self.released, transport, send)
        try:
            if limit == 0:
                transport.abort()
                raise ConnectionDroppedError
            await self.app(_without(scope, fault.ignore_headers), faulty_receive, faulty_send)
        except ConnectionDroppedError:
            while (await receive())["type"] != "http.disconnect":
                pass


def _without(scope: Scope, names: Sequence[str]) -> Scope:
    headers = [pair for pair in scope["headers"] if pair[0].decode("latin-1") not in names]
    return {**scope, "headers": headers}


async def send_answer(answer: Answer, send: Send) -> None:
    """Send a whole answer; its Content-Length is the body's unless it has one."""
    headers = {"content-length": str(len(answer.body)), **answer.headers}
    encoded = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
    await send({"type": "http.response.body", "body": answer.body})


def content_length(headers: Headers) -> int:
    """Return the Content-Length among the headers; 0 when there is none."""
    return int(dict(headers).get(b"content-length", b"0"))


def _byte(place: Place | None, length: int) -> int | None:
    return int(place * length) if isinstance(place, float) else place


async def _hang(seconds: float, released: Future[None]) -> None:
    timeout = None if seconds == float("inf") else seconds
    await asyncio.wait([asyncio.wrap_future(released)], timeout=timeout)


@define
class _LossyReceive:
    _limit: int | None
    _transport: asyncio.Transport
    _receive: Receive
    _received: int = 0

    async def __call__(self) -> Message:
        message = await self._receive()
        self._received += len(message.get("body", b""))
        if self._limit is not None and self._received >= self._limit:
            self._transport.abort()
            raise ConnectionDroppedError
        return message


@define
class _FaultySend:
    _fault: Fault
    _released: Future[None]
    _transport: asyncio.Transport
    _send: Send
    _start: Message | None = None
    _body: bytes = b""
    _sent: int = 0
    _cut: int | None = None
    _corrupt: int | None = None
    _lose: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._fault.rewrite is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await send_answer(self._fault.rewrite(self._whole()), self._send)
        else:
            await self._piece(message.get("body", b""), message.get("more_body", False))

    async def _begin(self, message: Message) -> None:
        if self._fault.hang_after is not None:
            await _hang(self._fault.hang_after, self._released)
            if self._transport.is_closing():
                raise ConnectionDroppedError
        if self._fault.lose_answer == 0:
            self._transport.close()
            raise ConnectionDroppedError
        self._start = {**message, "headers": self._headers(message["headers"])}
        if self._fault.rewrite is None:
            await self._send(self._start)

    def _headers(self, headers: Headers) -> Headers:
        changed: dict[bytes, bytes] = dict(headers)
        length = content_length(headers)
        self._cut = _byte(self._fault.cut, length)
        self._corrupt = _byte(self._fault.corrupt, length)
        self._lose = _byte(self._fault.lose_answer, length)
        for name, value in self._fault.set_headers.items():
            changed[name.encode()] = value.encode("latin-1")
        if self._cut is not None:
            changed[b"content-length"] = str(min(length, self._cut)).encode()
        return list(changed.items())

    def _whole(self) -> Answer:
        start = self._start or {}
        headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
        headers.pop("content-length", None)
        return Answer(start["status"], headers, self._body)

    async def _piece(self, piece: bytes, more: bool) -> None:
        begin = self._sent
        self._sent += len(piece)
        if self._corrupt is not None and begin <= self._corrupt < self._sent:
            place = self._corrupt - begin
            piece = piece[:place] + bytes([piece[place] ^ 0xFF]) + piece[place + 1 :]
        if self._cut is not None:
            piece = piece[: max(0, self._cut - begin)]
        if self._lose is not None and self._sent >= self._lose:
            piece = piece[: self._lose - begin]
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
            self._transport.close()
            raise ConnectionDroppedError
        if self._fault.slow is not None:
            await self._slowly(piece, self._fault.slow)
            piece = b""
        await self._send({"type": "http.response.body", "body": piece, "more_body": more})

    async def _slowly(self, piece: bytes, seconds: float) -> None:
        for begin in range(0, len(piece), SLOW_PIECE_BYTES):
            await asyncio.sleep(seconds)
            part = piece[begin : begin + SLOW_PIECE_BYTES]
            await self._send({"type": "http.response.body", "body": part, "more_body": True})
