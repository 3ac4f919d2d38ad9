"""Fetch an output file: verified, resumed where it broke, and put in place whole or not at all."""

from __future__ import annotations

import re
from functools import partial
from typing import Callable, Mapping, Optional

from attrs import evolve

from ..constants import CHUNK_SIZE, ERROR_BODY_LIMIT, SYNC_STEP
from ..exceptions import APIConnectionError, DownloadError, SpeedPixException, rephrased
from ..flow.effects import Close, Flow, Join, Open, Receive, Request, Sleep, Start, Stream, Work
from ..gateway.exchange import Attempts, Gateway
from ..gateway.responses import connection_failure
from ..gateway.retry import Failure, Outcome
from ..logs import logger
from ..values.wire import joined, without_query
from .checksums import Digest, expected_of
from .sinks import Sink
from .store import is_expired, is_foreign, store_failure

_OK, _PARTIAL = 200, 206
_PRECONDITION_FAILED, _RANGE_NOT_SATISFIABLE = 412, 416
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5  # a store redirects to a mirror at most; more is a loop
# Sizes of at most 19 digits, which is more bytes than there are.
_SIZE = re.compile(r"[0-9]{1,19}")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-[0-9]{1,19}/(?:[0-9]{1,19}|\*)")

Renew = Callable[[], Flow[Optional[str]]]


def download(gateway: Gateway, url: str, sink: Sink, renew: Renew | None = None) -> Flow[int]:
    """Fetch a file into a sink; return its size in bytes.

    Args:
        gateway: whose timeout and retry budget count; it is sent nothing.
        url: where the file is; nothing but the request itself is sent there.
        sink: takes the bytes, and may be told to start again.
        renew: a flow that finds a fresh URL for an expired one.

    Raises:
        DownloadError: the file can't be had whole.
    """
    transfer = _Transfer(gateway, sink)
    attempts = Attempts(gateway, budget=None)  # a large file takes as long as it takes
    furthest = 0
    while True:
        found = yield from transfer.attempt(url, attempts.timeout)
        if found is None:
            return transfer.received
        if is_expired(found.error) and renew is not None:
            fresh, renew = (yield from renew()), None
            if fresh is not None:
                url = fresh
                continue
        if transfer.received > furthest + CHUNK_SIZE:
            attempts = Attempts(gateway, budget=None)  # it moves on: a long file may break often
            furthest = transfer.received
        pause = attempts.pause(found, repeatable=True)
        if pause is None:
            raise _download_error(found.error, url)
        logger.debug("%s: %s; again in %.2f s", without_query(url), found.error, pause)
        yield Sleep(pause)


class _Transfer:
    """What has been received of one file, between attempts."""

    def __init__(self, gateway: Gateway, sink: Sink) -> None:
        self._gateway = gateway
        self._sink = sink
        self._etag = ""
        self._digest = Digest()

    @property
    def received(self) -> int:
        return self._digest.size

    def attempt(self, url: str, timeout: float) -> Flow[Failure | None]:
        """Fetch what is missing; return why that failed, or None when the file is whole."""
        # Without an ETag a changed object could not be told from the one begun.
        if self.received and not self._etag:
            yield from self._restart()
        headers = {"user-agent": self._gateway.settings.user_agent, "accept-encoding": "identity"}
        if self.received:
            headers.update({"range": f"bytes={self.received}-", "if-match": self._etag})
        try:
            connect = self._gateway.settings.timeout.connect
            request = Request("GET", url, headers, connect=connect)
            stream: Stream = yield from _opened(request, timeout)
            try:
                return (yield from self._read(stream))
            finally:
                yield Close(stream)
        except APIConnectionError as error:
            return connection_failure(error)

    def _read(self, stream: Stream) -> Flow[Failure | None]:
        unfit = yield from self._unfit(stream)
        if unfit is not None:
            return unfit
        self._etag = stream.headers.get("etag", "")
        length, expected = _length(stream.headers), expected_of(stream.headers)
        end = None if length is None else self.received + length
        if not self.received:
            self._digest = Digest(md5=expected.md5 is not None)
        yield from self._take_all(stream)
        if end is not None and self.received < end:
            return _broken(f"{self.received} of {end} bytes came")
        difference = self._digest.difference(expected)
        if end is not None and self.received > end:
            difference = "the length"
        if difference is not None:
            yield from self._restart()
            return _broken(f"{difference} of what came is another than the store's")
        return None

    def _unfit(self, stream: Stream) -> Flow[Failure | None]:
        """Return why an answer is not what was asked for; start again where that helps."""
        if stream.status in (_PRECONDITION_FAILED, _RANGE_NOT_SATISFIABLE):
            yield from self._restart()
            return _broken("the file changed while it was fetched")
        if stream.status not in (_OK, _PARTIAL):
            return (yield from _refusal(stream))
        if is_foreign(stream.headers):
            return _broken("a web page came instead; is there a network login?")
        if stream.status == _OK and self.received:
            yield from self._restart()  # the store disliked the range, and sends all of it
        if stream.status == _PARTIAL and not self._continues(stream):
            yield from self._restart()
            return _broken("the store sent another part of the file than was asked for")
        return None

    def _continues(self, stream: Stream) -> bool:
        found = _CONTENT_RANGE.fullmatch(stream.headers.get("content-range", ""))
        return (
            self.received > 0
            and found is not None
            and int(found[1]) == self.received
            and stream.headers.get("etag", self._etag) == self._etag
        )

    def _take_all(self, stream: Stream) -> Flow[None]:
        """Move a stream into the sink, in blocks worth a write; what came before a break counts.

        Meanwhile what was written is brought to disk, so that little of it is left for the end.
        """
        block, unsynced, syncing = _Block(), 0, None
        try:
            while True:
                piece: bytes = yield Receive(stream)
                if not piece:
                    break
                rest = memoryview(piece)
                while rest:
                    rest = block.add(rest)
                    if block.is_full:
                        yield Work(partial(self._take, block))
                        unsynced += CHUNK_SIZE
                if unsynced >= SYNC_STEP:
                    if syncing is not None:
                        yield Join(syncing)
                    syncing, unsynced = (yield Start(self._sink.sync)), 0
        finally:
            if syncing is not None:
                yield Join(syncing)
            yield Work(partial(self._take, block))

    def _take(self, block: _Block) -> None:
        content = block.taken()
        self._sink.write(content)
        self._digest.update(content)

    def _restart(self) -> Flow[None]:
        yield Work(self._sink.restart)
        self._digest = Digest()
        self._etag = ""


class _Block:
    """Collect bytes in memory that is used again: fresh memory takes longer to get than to fill."""

    def __init__(self) -> None:
        self._memory: memoryview | None = None
        self._size = 0

    def add(self, piece: memoryview) -> memoryview:
        """Take as many bytes as there is room for; return the rest."""
        if self._memory is None:
            self._memory = memoryview(bytearray(CHUNK_SIZE))
        start, self._size = self._size, min(self._size + len(piece), CHUNK_SIZE)
        count = self._size - start
        self._memory[start : self._size] = piece[:count]
        return piece[count:]

    @property
    def is_full(self) -> bool:
        return self._size == CHUNK_SIZE

    def taken(self) -> memoryview:
        """Return the bytes, which stay until more are added; the block counts as empty."""
        content = (self._memory or memoryview(b""))[: self._size]
        self._size = 0
        return content


def _opened(request: Request, timeout: float) -> Flow[Stream]:
    """Open a file's address, or the one it redirects to: there is no secret to give away."""
    hops = 0
    while True:
        stream: Stream = yield Open(request, timeout)
        target = stream.headers.get("location")
        if stream.status not in _REDIRECTS or not target or hops == _MOST_REDIRECTS:
            return stream
        yield Close(stream)
        hops, request = hops + 1, evolve(request, url=joined(request.url, target))


def _refusal(stream: Stream) -> Flow[Failure]:
    body = b""
    while len(body) < ERROR_BODY_LIMIT:
        piece: bytes = yield Receive(stream)
        if not piece:
            break
        body += piece
    return store_failure(
        stream.status, stream.headers, body[:ERROR_BODY_LIMIT], DownloadError, "not downloaded"
    )


def _length(headers: Mapping[str, str]) -> int | None:
    value = headers.get("content-length", "")
    return int(value) if _SIZE.fullmatch(value) else None


def _broken(what: str) -> Failure:
    return Failure(DownloadError(f"not downloaded whole: {what}"), Outcome.UNKNOWN)


def _download_error(error: SpeedPixException, url: str) -> DownloadError:
    """Return the error for the caller, with the address, less its signature."""
    hint = (
        "; its time may be over: client.predictions.get(id) gives fresh URLs"
        if is_expired(error)
        else ""
    )
    return rephrased(error, DownloadError, f"{without_query(url)}: {error.message}{hint}")
