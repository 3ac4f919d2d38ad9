"""Fetch an output file: verified, resumed where it broke, and put in place whole or not at all."""

from __future__ import annotations

import math
import re
import zlib
from functools import partial
from typing import Callable, Mapping, Optional

from attrs import frozen

from ..constants import CHUNK_SIZE, ERROR_BODY_LIMIT, SYNC_STEP, WRITE_SIZE
from ..exceptions import APIConnectionError, DownloadError, SpeedPixException, rephrased
from ..flow.effects import (
    Close,
    Flow,
    Join,
    Receive,
    Sleep,
    Start,
    Stream,
    Tell,
    Work,
)
from ..gateway.exchange import Attempts, Gateway
from ..gateway.responses import connection_failure
from ..gateway.retry import Failure, Outcome
from ..logs import logger
from ..values.wire import host_of, over_tls, without_query
from .checksums import Digest, expected_of
from .content import Content
from .meter import Listener
from .sinks import Sink, writing
from .store import is_expired, is_foreign, opened, store_failure

_OK, _PARTIAL = 200, 206
_PRECONDITION_FAILED, _RANGE_NOT_SATISFIABLE = 412, 416
_MEBIBYTE = 1024 * 1024
# Sizes of at most 19 digits, which is more bytes than there are.
_SIZE = re.compile(r"[0-9]{1,19}")
_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,19})-([0-9]{1,19})/([0-9]{1,19}|\*)")

Renew = Callable[[], Flow[Optional[str]]]


@frozen
class Bounds:
    """What fetching a file keeps to.

    Attributes:
        deadline: the clock's monotonic time at which to give up; without, a file takes as long as
            it takes.
        timeout: the seconds that were given until then.
        limit: how many bytes it may have.
        retry: whether it is tried again.
        listener: told, as a pair, how many bytes have come, and of how many, where that is known.
    """

    deadline: float = math.inf
    timeout: float = math.inf
    limit: float = math.inf
    retry: bool = True
    listener: Listener | None = None


UNBOUNDED = Bounds()


class _OutOfBoundsError(DownloadError):
    """A file is larger, or takes longer, than it may."""


def download(
    gateway: Gateway, url: str, sink: Sink, renew: Renew | None = None, bounds: Bounds = UNBOUNDED
) -> Flow[int]:
    """Fetch a file into a sink, and commit it; return how many bytes came.

    Args:
        gateway: whose timeout and retry budget count; it is sent nothing.
        url: where the file is; nothing but the request itself is sent there.
        sink: takes the bytes, and may be told to start again. It is opened when the first have
            come, so when there is a place among the transfers, and committed before that is free
            again.
        renew: a flow that finds a fresh URL for an expired one.
        bounds: what it keeps to.

    Raises:
        DownloadError: the file can't be had whole.
    """
    transfer = _Transfer(gateway, sink, bounds)
    attempts = Attempts(gateway, bounds.deadline, budget=math.inf)
    furthest = 0
    while True:
        try:
            found = yield from _attempt(gateway, transfer, url, attempts)
        except _OutOfBoundsError as error:  # it is, however it is fetched
            raise _download_error(error, url) from error
        if found is None:
            return transfer.received
        if is_expired(found.error) and renew is not None:
            fresh, renew = (yield from renew()), None
            if fresh is not None:
                url = fresh
                continue
        if transfer.received > furthest + CHUNK_SIZE:
            # It moves on: a long file may break often.
            attempts = Attempts(gateway, bounds.deadline, budget=math.inf)
            furthest = transfer.received
        pause = attempts.pause(found, repeatable=True)
        if pause is None or not bounds.retry:
            if gateway.clock.monotonic() >= bounds.deadline:
                raise _download_error(_too_late(bounds), url) from found.error
            raise _download_error(found.error, url)
        logger.debug("%s: %s; again in %.2f s", without_query(url), found.error, pause)
        yield Sleep(pause, before_retry=True)


def _attempt(
    gateway: Gateway, transfer: _Transfer, url: str, attempts: Attempts
) -> Flow[Failure | None]:
    """Fetch what is missing; a plain http address of a service on https over https first."""
    host = host_of(url)
    if gateway.settings.endpoint.startswith("https://") and host not in gateway.plain_hosts:
        secure = over_tls(url)
        if secure is not None:
            found = yield from transfer.attempt(secure, attempts)
            if found is None or transfer.received or attempts.is_over or is_expired(found.error):
                return found
            logger.warning(
                "files of %s come over plain http, which others on the way can read and change: "
                "over https, %s",
                host,
                found.error.message,
            )
            gateway.plain_hosts.add(host)
    return (yield from transfer.attempt(url, attempts))


class _Transfer:
    """What has been received of one file, between attempts."""

    def __init__(self, gateway: Gateway, sink: Sink, bounds: Bounds) -> None:
        self._gateway = gateway
        self._sink = sink
        self._bounds = bounds
        self._begin({})

    def _begin(self, headers: Mapping[str, str]) -> None:
        """Take note of what a store says of the file that begins."""
        etag = headers.get("etag", "")
        self._etag = "" if etag.startswith("W/") else etag  # a weak one names no bytes
        self._expected = expected_of(headers)
        self._content = Content(headers.get("content-encoding", ""))
        with_md5 = self._expected.md5 is not None
        # What was compressed on the way has the checksum of what it was before.
        self._sent, self._meant = Digest(md5=with_md5), Digest(md5=with_md5)

    @property
    def received(self) -> int:
        return self._sent.size

    def attempt(self, url: str, attempts: Attempts) -> Flow[Failure | None]:
        """Fetch what is missing; return why that failed, or None when the file is whole."""
        # Without an ETag a changed object could not be told from the one begun.
        if self.received and not self._etag:
            yield Work(self._restart)
        headers = {"user-agent": self._gateway.settings.user_agent, "accept-encoding": "identity"}
        if self.received:
            headers.update({"range": f"bytes={self.received}-", "if-match": self._etag})
        try:
            stream = yield from opened(self._gateway, url, headers, attempts)
            if isinstance(stream, Failure):
                return stream
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
        if not self.received:
            self._begin(stream.headers)
        total = self._total(stream)
        self._check_size(total or 0)
        try:
            return (yield from self._take_all(stream, total))
        except zlib.error as error:  # what was sent as gzip is none
            yield Work(self._restart)
            return _broken(f"it can't be decompressed: {error}")

    def _unfit(self, stream: Stream) -> Flow[Failure | None]:
        """Return why an answer is not what was asked for; start again where that helps."""
        if stream.status in (_PRECONDITION_FAILED, _RANGE_NOT_SATISFIABLE):
            yield Work(self._restart)
            return _broken("the file changed while it was fetched")
        if stream.status not in (_OK, _PARTIAL):
            return (yield from _refusal(stream))
        if is_foreign(stream.headers):
            return _broken("a web page came instead; is there a network login?")
        start = _start(stream)
        if start == 0:
            if self.received:
                yield Work(self._restart)  # the store disliked the range, and sends all of it
            return None
        if start != self.received or stream.headers.get("etag", self._etag) != self._etag:
            yield Work(self._restart)
            return _broken("the store sent another part of the file than was asked for")
        return None

    def _total(self, stream: Stream) -> int | None:
        """Return how many bytes the file has, as far as the store says."""
        found = _content_range(stream)
        if found is not None and found[3] != "*":
            return int(found[3])
        length = stream.headers.get("content-length", "")
        return self.received + int(length) if _SIZE.fullmatch(length) else None

    def _difference(self, total: int | None) -> str | None:
        """Return in what the file differs from the store's, or None."""
        if total is not None and self.received > total:
            return "the length"
        if not self._content.is_whole:
            return "the end"
        found = self._sent.difference(self._expected)
        if found is None or self._content.is_plain:
            return found
        return self._meant.difference(self._expected)

    def _check_size(self, size: int) -> None:
        if size > self._bounds.limit:
            message = f"it has more than {self._bounds.limit // _MEBIBYTE} MiB"
            raise _OutOfBoundsError(message)

    def _take_all(self, stream: Stream, total: int | None) -> Flow[Failure | None]:
        """Move a stream into the sink, in blocks worth a write, and commit it if it is whole.

        What came before a break counts. Meanwhile what was written is brought to disk, so that
        little of it is left for the end.
        """
        # A little more than will come: a block that is full at the end is one more to write.
        room = CHUNK_SIZE if total is None else total - self.received + 1
        block, unsynced, syncing = _Block(min(max(room, WRITE_SIZE), CHUNK_SIZE)), 0, None
        end: Callable[[], Failure | None] = partial(self._take, block)
        try:
            while True:
                piece: bytes = yield Receive(stream)
                if not piece:
                    if self._bounds.listener is not None:  # hears of it before it is in place
                        yield from self._taken(block, total)
                    end = partial(self._finish, block, total)
                    break
                rest = memoryview(piece)
                while rest:
                    rest = block.add(rest)
                    if block.is_full:
                        yield from self._taken(block, total)
                        unsynced += block.size
                if self._gateway.clock.monotonic() > self._bounds.deadline:
                    raise _too_late(self._bounds)
                if unsynced >= SYNC_STEP:
                    if syncing is not None:
                        yield Join(syncing)
                    syncing, unsynced = (yield Start(self._sync)), 0
        finally:
            if syncing is not None:
                yield Join(syncing)
            found: Failure | None = yield Work(end)
        return found

    def _finish(self, block: _Block, total: int | None) -> Failure | None:
        """Take the last block, and commit the file, or return what is wrong with it."""
        self._take(block)
        if total is not None and self.received < total:
            return _broken(f"{self.received} of {total} bytes came")
        difference = self._difference(total)
        if difference is not None:
            self._restart()
            return _broken(f"{difference} of what came is another than the store's")
        with writing(self._sink.name):
            self._sink.commit()
        return None

    def _taken(self, block: _Block, total: int | None) -> Flow[None]:
        yield Work(partial(self._take, block))
        if self._bounds.listener is not None:
            yield Tell((self._bounds.listener,), (self.received, total))

    def _take(self, block: _Block) -> None:
        sent = block.taken()
        for meant in self._content.pieces(sent):
            with writing(self._sink.name):
                self._sink.write(meant)
            if not self._content.is_plain:
                self._meant.update(meant)
                self._check_size(self._meant.size)
        self._sent.update(sent)
        self._check_size(self._sent.size)

    def _sync(self) -> None:
        with writing(self._sink.name):
            self._sink.sync()

    def _restart(self) -> None:
        with writing(self._sink.name):
            self._sink.restart()
        self._begin({})


class _Block:
    """So many bytes of memory, used again: fresh memory takes longer to get than to fill."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._memory: memoryview | None = None
        self._filled = 0

    def add(self, piece: memoryview) -> memoryview:
        """Take as many bytes as there is room for; return the rest."""
        if self._memory is None:
            self._memory = memoryview(bytearray(self.size))
        start, self._filled = self._filled, min(self._filled + len(piece), self.size)
        count = self._filled - start
        self._memory[start : self._filled] = piece[:count]
        return piece[count:]

    @property
    def is_full(self) -> bool:
        return self._filled == self.size

    def taken(self) -> memoryview:
        """Return the bytes, which stay until more are added; the block counts as empty."""
        content = (self._memory or memoryview(b""))[: self._filled]
        self._filled = 0
        return content


def _content_range(stream: Stream) -> re.Match[str] | None:
    if stream.status != _PARTIAL:
        return None
    return _CONTENT_RANGE.fullmatch(stream.headers.get("content-range", ""))


def _start(stream: Stream) -> int | None:
    """Return where in the file an answer starts; None for one that does not tell."""
    if stream.status == _OK:
        return 0
    found = _content_range(stream)
    return None if found is None else int(found[1])


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


def _broken(what: str) -> Failure:
    return Failure(DownloadError(f"not downloaded whole: {what}"), Outcome.UNKNOWN)


def _too_late(bounds: Bounds) -> _OutOfBoundsError:
    return _OutOfBoundsError(f"it did not come within {bounds.timeout:g} s")


def _download_error(error: SpeedPixException, url: str) -> DownloadError:
    """Return the error for the caller, with the address, less its signature."""
    hint = (
        "; its time may be over: client.predictions.get(id) gives fresh URLs"
        if is_expired(error)
        else ""
    )
    return rephrased(error, DownloadError, f"{without_query(url)}: {error.message}{hint}")
