"""Bring a local file to the store: ask for a place, put it there, compare."""

from __future__ import annotations

import hashlib
import math
from contextlib import closing
from functools import partial
from typing import Callable

from attrs import frozen
from speedpix_api.models.upload_sign_data import UploadSignData
from speedpix_api.models.upload_sign_request import UploadSignRequest

from ..exceptions import APIConnectionError, InputError, SpeedPixException, UploadError
from ..flow.effects import Exchange, Flow, Reply, Request, Sleep, Work
from ..flow.open_file import OpenFile
from ..gateway.endpoints import sign_upload
from ..gateway.exchange import Attempts, Gateway
from ..gateway.responses import connection_failure
from ..gateway.retry import Failure, Outcome
from ..inputs.sources import FileSource
from ..inputs.streams import checked
from ..logs import logger
from ..values.file import File
from ..values.wire import moment, text, without_query
from .checksums import Digest, Expected, expected_of
from .store import is_expired, is_foreign, store_failure

_MAX_RENEWALS = 2  # an upload URL that keeps coming back expired is not going to work


@frozen
class Terms:
    """What one upload is held to.

    Attributes:
        sha256: the digest of the bytes that were meant, or None where any will do.
        deadline: the clock's monotonic time at which to give up.
        told: is called with the bytes sent so far, in whatever thread sends them.
    """

    sha256: str | None = None
    deadline: float = math.inf
    told: Callable[[int], object] | None = None


FREE = Terms()


def upload(gateway: Gateway, source: FileSource, terms: Terms = FREE) -> Flow[File]:
    """Upload a file, retrying from its start, and verify what arrived.

    Args:
        gateway: whose timeout and retry budget count.
        source: the file.
        terms: what it is held to.

    Raises:
        InputError: it turned out to be empty, or to be no bytes.
        UploadError: it did not arrive.
        SpeedPixException: no place could be had for it.
    """
    signed = yield from sign(gateway, source, terms)
    return (yield from put(gateway, source, signed, terms, renewals=_MAX_RENEWALS))


def put(
    gateway: Gateway,
    source: FileSource,
    signed: UploadSignData,
    terms: Terms = FREE,
    renewals: int = 0,
) -> Flow[File]:
    """Upload a file to a place that was signed, which may be asked for anew so many times."""
    # A large file takes as long as it takes.
    attempts = Attempts(gateway, terms.deadline, budget=math.inf)
    while True:
        content = _Body(source, terms, attempts)
        with closing(content):
            found = yield from _put(gateway, signed, source, content, attempts)
        if found is None:
            logger.info("uploaded %s (%s bytes)", source.name, content.size_read)
            return file_at(signed, source, content.size_read)
        if not source.rewindable and content.size_read:
            message = (
                f"{source.name!r} could not be sent again, as it is a stream that can't be "
                f"rewound; pass a path or bytes instead ({found.error})"
            )
            raise UploadError(message) from found.error
        if is_expired(found.error) and renewals:
            renewals -= 1
            signed = yield from sign(gateway, source, terms)
            continue
        pause = attempts.pause(found, repeatable=True)
        if pause is None:
            raise found.error
        yield Sleep(pause, before_retry=True)


class _Body:
    """The body of one PUT: opened when it is first read, so in its turn; digested on the way."""

    def __init__(self, source: FileSource, terms: Terms, attempts: Attempts) -> None:
        self._attempts = attempts
        self._source = source
        self._terms = terms
        self._file = OpenFile(source.open)
        # One that can be read again has its MD5 taken then, should the store want that.
        self.digest = Digest(md5=not source.rewindable)
        self._sha256 = hashlib.sha256()
        self.failure: SpeedPixException | None = None

    @property
    def size(self) -> int | None:
        return self._source.size

    @property
    def size_read(self) -> int:
        return self.digest.size

    def read(self, size: int) -> bytes:
        try:
            piece = self._next(size)
        except SpeedPixException as error:
            self.failure = error
            raise
        except Exception as error:  # streams of callers raise what they like
            self.failure = UploadError(f"{self._source.name!r} can't be read: {error}")
            raise self.failure from error
        if self._terms.told is not None:
            self._terms.told(self.size_read)
        return piece

    def close(self) -> None:
        self._file.close()

    def changed(self) -> bool:
        """Tell whether other bytes were read than were meant."""
        return self._terms.sha256 not in (None, self._sha256.hexdigest())

    def _next(self, size: int) -> bytes:
        if self._attempts.is_over:
            message = f"{self._source.name!r} was not sent within the time given"
            raise UploadError(message)
        with self._file.used() as stream:
            piece = checked(stream.read(size))
            size_read = self.size_read + len(piece)
            # Nothing is read after the last piece, so what follows it is looked for here.
            if size_read == self.size:
                size_read += len(checked(stream.read(1)))
        if self.size is not None and size_read > self.size:
            message = f"{self._source.name!r} grew while it was sent"
            raise UploadError(message)
        if not piece and self.size is not None and self.size_read < self.size:
            message = f"{self._source.name!r} shrank while it was sent"
            raise UploadError(message)
        if not piece and not self.size_read:
            message = f"{self._source.name!r} is empty"
            raise InputError(message)
        self.digest.update(piece)
        if self._terms.sha256 is not None:
            self._sha256.update(piece)
        return piece


def sign(gateway: Gateway, source: FileSource, terms: Terms) -> Flow[UploadSignData]:
    """Ask for a place for a file."""
    body = UploadSignRequest(content_type=source.content_type, original_filename=source.name)
    if source.size is not None:
        body.size = source.size
    answer = yield from sign_upload(gateway, body, terms.deadline)
    return answer.require()


def _put(
    gateway: Gateway,
    signed: UploadSignData,
    source: FileSource,
    content: _Body,
    attempts: Attempts,
) -> Flow[Failure | None]:
    """Send the bytes once; return why that failed, or None."""
    headers = {"content-type": source.content_type, "user-agent": gateway.settings.user_agent}
    connect = gateway.settings.timeout.connect
    request = Request("PUT", signed.upload_url, headers, content, connect)
    try:
        reply: Reply = yield Exchange(request, *attempts.times)
    except APIConnectionError as error:
        if content.failure is not None:  # what the transport met while it read the body
            raise content.failure from error
        return connection_failure(error)
    what = f"{source.name!r} was not uploaded"
    if not 200 <= reply.status < 300:  # noqa: PLR2004 - 203 too: stored, its callback failed
        return store_failure(reply.status, reply.headers, reply.body, UploadError, what)
    if is_foreign(reply.headers):
        message = f"{what}: a web page answered instead of the store; is there a network login?"
        return Failure(UploadError(message, status_code=reply.status), Outcome.UNKNOWN)
    if content.changed():
        message = f"{source.name!r} changed while it was sent"
        raise UploadError(message)
    difference = yield from _difference(source, content, expected_of(reply.headers))
    if difference is not None:
        message = f"{what} whole: {difference} of what the store has is another"
        return Failure(UploadError(message, status_code=reply.status), Outcome.UNKNOWN)
    return None


def _difference(source: FileSource, content: _Body, expected: Expected) -> Flow[str | None]:
    """Return what of the stored file is another than was sent, or None."""
    if expected.md5 is None or not source.rewindable:
        return content.digest.difference(expected)
    found: str = yield Work(partial(source.digest, "md5"))
    return None if found == expected.md5 else "the MD5"


def file_at(signed: UploadSignData, source: FileSource, size: int) -> File:
    """Return the file that was put to a place."""
    return File(
        access_url=text(signed.access_url) or without_query(signed.upload_url),
        path=text(signed.path),
        object_key=text(signed.object_key),
        upload_url=signed.upload_url,
        expire_time=moment(signed.expire_time),
        name=source.name,
        content_type=source.content_type,
        size=size,
    )
