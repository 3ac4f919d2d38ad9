"""Upload the same content once, while its URL lives; share an upload that is under way."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Callable, Tuple

from attrs import evolve

from ..constants import REMEMBERED_UPLOADS, REUSE_MARGIN
from ..exceptions import InputError, UploadError
from ..flow.effects import Flow, Join, Work
from ..forks import PerProcess
from ..gateway.exchange import Attempts, Gateway
from ..inputs.sources import FileSource
from ..values.file import File
from .upload import FREE, Terms, upload

if TYPE_CHECKING:
    Upload = Future[File | None]  # None when it failed

# The content's digest, its media type, and its name's extension, which a workflow may go by.
Key = Tuple[str, str, str]
Make = Callable[[Gateway, FileSource, Terms], Flow[File]]


class UploadCache:
    """The uploads of a client, by content; shared by its threads and event loops."""

    def __init__(self) -> None:
        self._lock = PerProcess(threading.Lock)
        # Not shared with a forked child, where nobody would go on with what is under way.
        self._known: PerProcess[OrderedDict[Key, Upload]] = PerProcess(OrderedDict)

    def claim(self, key: Key, now: float) -> tuple[Upload, bool]:
        """Return the upload of a content, and whether the caller is the one to make it."""
        with self._lock.value:
            known = self._known.value
            found = known.get(key)
            if found is not None and _is_usable(found, now):
                known.move_to_end(key)
                return found, False
            mine: Upload = Future()
            known[key] = mine
            while len(known) > REMEMBERED_UPLOADS:
                known.popitem(last=False)
            return mine, True


def upload_once(
    gateway: Gateway,
    uploads: UploadCache,
    source: FileSource,
    terms: Terms = FREE,
    make: Make = upload,
) -> Flow[File]:
    """Upload a file, or return the upload of the same content that was made or is being made.

    `make` is what uploads it.

    With a deadline, an upload that is being made is not waited for: it may have none.

    Raises:
        InputError: it turned out to be empty, or to be no bytes.
        UploadError: it can't be read, or did not arrive.
        SpeedPixException: no place could be had for it.
    """
    if not source.rewindable:
        return (yield from make(gateway, source, terms))
    try:
        digest: str = yield Work(partial(source.digest, "sha256"))
    except Exception as error:  # streams of callers raise what they like
        if isinstance(error, InputError):
            raise
        message = f"{source.name!r} can't be read: {error}"
        raise UploadError(message) from error
    terms = evolve(terms, sha256=digest)
    key = (digest, source.content_type, os.path.splitext(source.name)[1].lower())
    while True:
        shared, mine = uploads.claim(key, gateway.clock.time() + gateway.clock_offset)
        if mine:
            return (yield from _make(make(gateway, source, terms), shared))
        file: File | None = yield Join(shared, Attempts(gateway, terms.deadline).patience)
        if file is not None:
            return evolve(file, name=source.name)


def _make(making: Flow[File], shared: Upload) -> Flow[File]:
    try:
        file = yield from making
    except BaseException:
        shared.set_result(None)  # whoever waits for it tries on its own
        raise
    shared.set_result(file)
    return file


def _is_usable(found: Upload, now: float) -> bool:
    if not found.done():
        return True
    file = found.result()
    if file is None or file.expire_time is None:
        return False
    return file.expire_time.timestamp() - now > REUSE_MARGIN
