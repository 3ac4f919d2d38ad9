"""Callers' open files: what they are called and hold, whoever else reads them at the same time."""

from __future__ import annotations

import io
import os
import re
import sys
import threading
from inspect import iscoroutinefunction
from typing import Any, Iterator, MutableMapping, Protocol
from weakref import WeakKeyDictionary, WeakValueDictionary

from attrs import field, frozen

from ..exceptions import InputError
from ..forks import PerProcess
from .media_types import HEAD

# A file this small is read to learn its size: what /proc and /sys make up when it is read claims
# another, and so do some streams.
_SMALL = 64 * 1024
_FOLDERS = re.compile(r"[/\\]")
_UNPACKERS = ("gzip", "bz2", "lzma", "compression")  # modules whose files unpack as they are read
_PACKED = (".gz", ".bz2", ".xz", ".lzma", ".zst")


class ByteStream(Protocol):
    """Anything that is read for bytes, such as an open binary file."""

    def read(self, size: int = ..., /) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""


class Shared:
    """What all who use one object at the same time share: a lock, and who takes its bytes."""

    def __init__(self, owner: object) -> None:
        self.owner = owner  # kept, lest its identity be given to another
        self.lock = threading.RLock()
        self.reader: object = None


# Made anew in a child process, where no thread is left that would release the locks.
_registry = PerProcess(threading.Lock)
_shared: PerProcess[WeakValueDictionary[int, Shared]] = PerProcess(WeakValueDictionary)
# What was read of a pipe to tell its type, until whoever is to have the pipe's bytes takes it.
_read_ahead: MutableMapping[Any, bytes] = WeakKeyDictionary()


def shared(owner: object) -> Shared:
    """Return what the users of an object share; it lives as long as one of them has it."""
    with _registry.value:
        found = _shared.value.get(id(owner))
        if found is None:
            found = _shared.value[id(owner)] = Shared(owner)
        return found


@frozen(eq=False)
class OpenStream:
    """A caller's open file.

    Attributes:
        name: its name without folders, or nothing.
        head: its first bytes, or None where they can't be looked at.
        size: bytes, or None where that can't be told.
        rewindable: whether it can be read again from its start.
    """

    name: str
    head: bytes | None = field(repr=False)
    size: int | None
    rewindable: bool
    _stream: Any = field(repr=False)
    _shared: Shared = field(repr=False)

    def open(self) -> View:
        """Return the file as if it had been opened anew."""
        return View(self, self._stream, self._shared)


class View:
    """A caller's open file read from its start, whatever others do with it between two reads."""

    def __init__(self, source: OpenStream, stream: Any, shared: Shared) -> None:
        self._source = source
        self._stream = stream
        self._shared = shared
        self._position = 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most `size`; none at the end.

        Raises:
            OSError, ValueError: it can't be read, or another is reading what comes only once.
        """
        with self._shared.lock:
            if self._source.rewindable:
                self._stream.seek(self._position)
                piece = checked(self._stream.read(size))
            else:
                piece = self._next(size)
        self._position += len(piece)
        return piece

    def close(self) -> None:
        """Leave the file open: it is the caller's."""

    def _next(self, size: int) -> bytes:
        if self._shared.reader not in (None, self._source):
            message = "another run reads it, and it can't be rewound; give each run its own"
            raise ValueError(message)
        self._shared.reader = self._source
        ahead = _take_ahead(self._stream)
        if not ahead:
            return checked(self._stream.read(size))
        if 0 <= size < len(ahead):
            _read_ahead[self._stream] = ahead[size:]
            return ahead[:size]
        return ahead


class Pieces:
    """The bytes of an iterator, as a file."""

    name = ""

    def __init__(self, pieces: Iterator[Any]) -> None:
        self._pieces = pieces
        self._left = b""

    def seekable(self) -> bool:
        """Return that it can't be rewound."""
        return False

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most `size`; none at the end."""
        while not self._left:
            try:
                self._left = checked(next(self._pieces))
            except StopIteration:
                return b""
        end = len(self._left) if size < 0 else size
        piece, self._left = self._left[:end], self._left[end:]
        return piece


def opened(stream: Any) -> OpenStream:
    """Describe an open file; one that can be rewound is at its start afterwards.

    Raises:
        InputError: it is closed, open as text, asynchronous, empty, or can't be read.
    """
    name = name_of(stream)
    if _is_upload(stream):
        stream = stream.file
    _refuse(stream)
    archive = _archive(stream)
    common = shared(stream if archive is None else archive)  # which all members of a tar move
    try:
        with common.lock:
            rewindable = _is_rewindable(stream)
            head, size = _measured(stream) if rewindable else (_first(stream), None)
    except InputError:
        raise
    except Exception as error:  # streams of others raise what they like
        message = f"the file object can't be read: {error}"
        raise InputError(message) from error
    if head == b"":
        raise InputError(EMPTY)
    return OpenStream(name, head, size, rewindable, stream, common)


def checked(piece: Any) -> bytes:
    """Return what a stream's `read` gave, if it is bytes.

    Raises:
        InputError: it is text, something to await, or nothing at all.
    """
    if isinstance(piece, (bytes, bytearray, memoryview)):
        return bytes(piece)
    if hasattr(piece, "__await__"):
        getattr(piece, "close", bool)()  # lest it be missed that nobody awaited it
        raise InputError(_ASYNCHRONOUS)
    if isinstance(piece, str):
        raise InputError(_TEXT)
    message = f"the file object's read() gave {type(piece).__name__}, not bytes"
    raise InputError(message)


def read_up_to(stream: ByteStream, size: int) -> bytes:
    """Return the next bytes, as many as there are up to `size`: one read may bring fewer."""
    found = bytearray()
    while len(found) < size:
        piece = checked(stream.read(size - len(found)))
        if not piece:
            break
        found += piece
    return bytes(found)


def true_size(stream: ByteStream, claimed: int | None) -> tuple[bytes, int | None]:
    """Return a file's first bytes, and its size, of which a small one's claim does not count."""
    head = read_up_to(stream, _SMALL)
    if len(head) < _SMALL:
        return head, len(head)
    return head, claimed if claimed and claimed >= len(head) else None


def name_of(stream: Any) -> str:
    """Return an open file's name without folders, or nothing.

    An upload of a web framework is called what its sender called it; its `name` is the form
    field's. What is unpacked while it is read has lost its packing's extension.
    """
    upload = None if isinstance(stream, io.IOBase) else getattr(stream, "filename", None)
    name = upload if isinstance(upload, str) else getattr(stream, "name", None)
    if not isinstance(name, (str, bytes, os.PathLike)) or _is_archive_name(stream, name):
        return ""
    text = os.fsdecode(name)
    base = _FOLDERS.split(text)[-1] if upload else os.path.basename(text)
    if type(stream).__module__.partition(".")[0] in _UNPACKERS:
        stem, extension = os.path.splitext(base)
        base = stem if extension.lower() in _PACKED else base
    return "" if base.startswith("<") else base  # <stdin>, <fdopen>


EMPTY = "the file is empty"
_TEXT = "the file object is open as text; open it with mode 'rb'"
_ASYNCHRONOUS = (
    "the file object's read() is asynchronous; give its path, or the bytes that it returns: "
    "await file.read()"
)


def _refuse(stream: Any) -> None:
    """Raise InputError for what is seen to be unreadable without reading it."""
    if getattr(stream, "closed", False) is True:
        message = "the file object is closed; open it again, or pass its path"
        raise InputError(message)
    if isinstance(stream, io.TextIOBase):
        raise InputError(_TEXT)
    if iscoroutinefunction(stream.read):
        raise InputError(_ASYNCHRONOUS)
    readable = getattr(stream, "readable", None)
    if callable(readable) and readable() is False:
        message = "the file object is not open for reading; open it with mode 'rb'"
        raise InputError(message)


def _is_upload(stream: Any) -> bool:
    """Tell whether this is an upload of a web framework around an open file, as Starlette's is."""
    return (
        not isinstance(stream, io.IOBase)
        and hasattr(stream, "filename")
        and hasattr(getattr(stream, "file", None), "read")
    )


def _archive(stream: Any) -> Any:
    """Return the open archive that a tar's member is read from, or None."""
    tarfile = sys.modules.get("tarfile")
    if tarfile is None or not isinstance(stream, tarfile.ExFileObject):
        return None
    return getattr(getattr(stream, "raw", None), "fileobj", None)


def _is_archive_name(stream: Any, name: object) -> bool:
    """Tell whether a tar's member goes by the archive's name, as before Python 3.13."""
    archive = _archive(stream)
    return archive is not None and getattr(archive, "name", None) == name


def _is_rewindable(stream: Any) -> bool:
    try:
        if hasattr(stream, "seekable") and not stream.seekable():
            return False
        stream.seek(0)
    except (AttributeError, OSError, ValueError):
        return False
    return True


def _measured(stream: Any) -> tuple[bytes, int | None]:
    """Return the first bytes of a stream that can be rewound, and its size; rewind it."""
    try:
        stream.seek(0, os.SEEK_END)
        claimed = stream.tell()  # seek itself returns None in some
    except (AttributeError, OSError, ValueError, TypeError):
        claimed = None
    stream.seek(0)
    found = true_size(stream, claimed if isinstance(claimed, int) else None)
    stream.seek(0)
    return found


def _first(stream: Any) -> bytes | None:
    """Return the first bytes of a pipe, which stay in it, or are kept for its reader."""
    if hasattr(stream, "peek"):
        return checked(stream.peek(HEAD))[:HEAD]
    try:
        ahead = _read_ahead.get(stream)
    except TypeError:  # nothing can be kept for it
        return None
    if ahead is None:
        ahead = _read_ahead[stream] = read_up_to(stream, HEAD)
    return ahead


def _take_ahead(stream: Any) -> bytes:
    try:
        return _read_ahead.pop(stream, b"")
    except TypeError:
        return b""
