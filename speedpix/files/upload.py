"""Bring a local file to the store: ask for a place, put it there, compare."""

from __future__ import annotations

from functools import partial

from speedpix_api.models.upload_sign_data import UploadSignData
from speedpix_api.models.upload_sign_request import UploadSignRequest

from ..exceptions import APIConnectionError, UploadError
from ..flow.effects import Exchange, Flow, Reply, Request, Sleep, Work
from ..gateway.endpoints import sign_upload
from ..gateway.exchange import Attempts, Gateway
from ..gateway.responses import connection_failure
from ..gateway.retry import Failure, Outcome
from ..inputs.sources import FileSource
from ..logs import logger
from ..values.files import File
from ..values.wire import moment, text, without_query
from .checksums import Digest, Expected, expected_of
from .open_file import OpenFile
from .store import is_expired, is_foreign, store_failure

_MAX_RENEWALS = 2  # an upload URL that keeps coming back expired is not going to work


def upload(gateway: Gateway, source: FileSource) -> Flow[File]:
    """Upload a file, retrying from its start, and verify what arrived.

    Raises:
        UploadError: it did not arrive.
        SpeedPixException: no place could be had for it.
    """
    attempts = Attempts(gateway, budget=None)  # a large file takes as long as it takes
    renewals = 0
    signed = yield from _sign(gateway, source)
    while True:
        content = _Content(source)
        try:
            yield Work(content.open)
            found = yield from _put(gateway, signed, source, content, attempts.timeout)
        finally:
            content.close()
        if found is None:
            logger.info("uploaded %s (%s bytes)", source.name, content.size_read)
            return _file(signed, source, content.size_read)
        if not source.rewindable and content.size_read:
            message = (
                f"{source.name!r} could not be sent again, as it is a stream that can't be "
                f"rewound; pass a path or bytes instead ({found.error})"
            )
            raise UploadError(message) from found.error
        if is_expired(found.error) and renewals < _MAX_RENEWALS:
            renewals += 1
            signed = yield from _sign(gateway, source)
            continue
        pause = attempts.pause(found, repeatable=True)
        if pause is None:
            raise found.error
        yield Sleep(pause)


class _Content:
    """The body of one PUT: read once, digested on the way."""

    def __init__(self, source: FileSource) -> None:
        self._source = source
        self._handle = OpenFile(source.open, source.release)
        # One that can be read again has its MD5 taken then, should the store want that.
        self.digest = Digest(md5=not source.rewindable)

    @property
    def size(self) -> int | None:
        return self._source.size

    @property
    def size_read(self) -> int:
        return self.digest.size

    def open(self) -> None:
        try:
            self._handle.open()
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error

    def read(self, size: int) -> bytes:
        try:
            piece = self._handle.stream.read(size)
        except (OSError, ValueError) as error:
            raise self._unreadable(error) from error
        if self.size is not None and self.size_read + len(piece) > self.size:
            message = f"{self._source.name!r} grew while it was sent"
            raise UploadError(message)
        if not piece and self.size is not None and self.size_read < self.size:
            message = f"{self._source.name!r} shrank while it was sent"
            raise UploadError(message)
        self.digest.update(piece)
        return piece

    def close(self) -> None:
        self._handle.close()

    def _unreadable(self, error: Exception) -> UploadError:
        return UploadError(f"{self._source.name!r} can't be read: {error}")


def _sign(gateway: Gateway, source: FileSource) -> Flow[UploadSignData]:
    body = UploadSignRequest(content_type=source.content_type, original_filename=source.name)
    if source.size is not None:
        body.size = source.size
    answer = yield from sign_upload(gateway, body)
    return answer.require()


def _put(
    gateway: Gateway,
    signed: UploadSignData,
    source: FileSource,
    content: _Content,
    timeout: float,
) -> Flow[Failure | None]:
    """Send the bytes once; return why that failed, or None."""
    headers = {"content-type": source.content_type, "user-agent": gateway.settings.user_agent}
    # An empty body can't be streamed with a length of its own.
    body = content if source.size != 0 else b""
    request = Request("PUT", signed.upload_url, headers, body)
    try:
        reply: Reply = yield Exchange(request, timeout)
    except APIConnectionError as error:
        return connection_failure(error)
    what = f"{source.name!r} was not uploaded"
    if not 200 <= reply.status < 300:  # noqa: PLR2004 - 203 too: stored, its callback failed
        return store_failure(reply.status, reply.headers, reply.body, UploadError, what)
    if is_foreign(reply.headers):
        message = f"{what}: a web page answered instead of the store; is there a network login?"
        return Failure(UploadError(message, status_code=reply.status), Outcome.UNKNOWN)
    difference = yield from _difference(source, content, expected_of(reply.headers))
    if difference is not None:
        message = f"{what} whole: {difference} of what the store has is another"
        return Failure(UploadError(message, status_code=reply.status), Outcome.UNKNOWN)
    return None


def _difference(source: FileSource, content: _Content, expected: Expected) -> Flow[str | None]:
    """Say what of the stored file is another than was sent, or None."""
    if expected.md5 is None or not source.rewindable:
        return content.digest.difference(expected)
    found: str = yield Work(partial(source.digest, "md5"))
    return None if found == expected.md5 else "the MD5"


def _file(signed: UploadSignData, source: FileSource, size: int) -> File:
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
