"""Describe files to be sent: where they come from, and their name, media type and size."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import re
import threading
from collections.abc import Iterator as AnyIterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, Protocol, Tuple, Union
from urllib.parse import urlsplit
from urllib.request import url2pathname

from attrs import field, frozen

from ..constants import CHUNK_SIZE, MAX_TRANSFERS
from ..exceptions import InputError
from ..forks import PerProcess
from ..values.names import expanded
from .media_types import HEAD, extension_for, media_type, named_type
from .pictures import PNG, Picture, encoded, is_picture
from .streams import EMPTY, ByteStream, Pieces, checked, opened, read_up_to, shared, true_size

if TYPE_CHECKING:
    from PIL import Image

_NAMELESS = "file"  # what content without a name of its own is called, plus its extension
_FILE_URL = re.compile(r"file:/", re.I)
_URL = re.compile(r"(https?|data|oss|file|ftp):", re.I)

Content = Union[
    str,
    "os.PathLike[str]",
    ByteStream,
    bytes,
    bytearray,
    memoryview,
    Picture,
    Iterator[bytes],
]
FileInput = Union[Content, Tuple[str, Content], Tuple[str, Content, str]]


class _OpenFile(ByteStream, Protocol):
    """A file that was opened for one reader."""

    def close(self) -> None:
        """Close it."""


def _printable(name: str) -> str:
    """Return a name without what can't be sent: file systems allow any bytes."""
    return name.encode("utf-8", "replace").decode()


@frozen(eq=False)
class FileSource:
    """A file to be sent.

    Attributes:
        name: the file's name, without folders.
        content_type: its media type.
        size: bytes, or None where that is not known before it is read.
        rewindable: whether it can be read again from its start.
        path: where it is on disk, if it is there.
    """

    name: str = field(converter=_printable)
    content_type: str
    size: int | None
    rewindable: bool
    _opener: Callable[[], _OpenFile] = field(repr=False)
    path: Path | None = None

    def open(self) -> _OpenFile:
        """Return the file at its start, to be closed afterwards; a caller's own stays open.

        Raises:
            OSError: it can't be opened.
        """
        return self._opener()

    def read(self, limit: int) -> bytes:
        """Return the file's bytes, at most so many.

        Raises:
            OSError, ValueError: it can't be read.
        """
        with _places.value, closing(self.open()) as stream:
            return read_up_to(stream, limit)

    def digest(self, algorithm: str) -> str:
        """Return a digest of the whole file, as hexadecimal digits.

        Raises:
            OSError, ValueError: it can't be read.
        """
        found = hashlib.new(algorithm)
        with _places.value, closing(self.open()) as stream:
            for piece in iter(lambda: checked(stream.read(CHUNK_SIZE)), b""):
                found.update(piece)
        return found.hexdigest()


# A thousand files that are described at once need few descriptors.
_places = PerProcess(partial(threading.BoundedSemaphore, MAX_TRANSFERS))


def is_url(value: str) -> bool:
    """Tell whether a string is a URL of a kind that inputs have."""
    return _URL.match(value) is not None


def is_file_url(value: str) -> bool:
    """Tell whether a string is a file's URL, as `Path.as_uri` gives it."""
    return _FILE_URL.match(value) is not None


def path_of(value: str | os.PathLike[str]) -> Path:
    """Return the path that a string, a `file:` URL or a path object names; `~` is the home.

    Raises:
        InputError: it is the URL of another machine's file, or an object that names no path.
    """
    try:
        text = os.fsdecode(value)
    except (TypeError, ValueError) as error:
        message = f"{value!r} names no path: {error}"
        raise InputError(message) from error
    if isinstance(value, str) and is_file_url(value):
        parts = urlsplit(value)
        if os.name != "nt" and parts.netloc.lower() not in ("", "localhost"):
            message = f"{value!r} is a file of another machine, {parts.netloc!r}"
            raise InputError(message)
        server = "" if parts.netloc.lower() == "localhost" else parts.netloc
        return Path(url2pathname(f"//{server}{parts.path}" if server else parts.path))
    return Path(expanded(text))


def source_of(
    value: Any, filename: str | None = None, content_type: str | None = None
) -> FileSource:
    """Describe whatever can be uploaded: `FileInput`.

    Raises:
        InputError: it is no file, or can't be read.
    """
    if isinstance(value, tuple) and len(value) in (2, 3) and isinstance(value[0], str):
        name, value, *kind = value
        filename, content_type = filename or name, content_type or (kind[0] if kind else None)
    if not (filename is None or isinstance(filename, str)):
        message = f"filename must be a string, not {filename!r}"
        raise InputError(message)
    if isinstance(value, str) and is_url(value) and not is_file_url(value):
        message = "a URL is not uploaded: it goes into an input as it is"
        raise InputError(message)
    if isinstance(value, (str, os.PathLike)):
        return from_path(path_of(value), filename, content_type)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return from_bytes(value, filename, content_type)
    if is_picture(value):
        return from_picture(value, filename, content_type)
    if hasattr(value, "read"):
        return from_stream(value, filename, content_type)
    if isinstance(value, AnyIterator):
        return from_stream(Pieces(value), filename, content_type)
    message = (
        "a file must be a path, an open binary file, bytes, an iterator of bytes, a Pillow image, "
        f"or (name, content, media type), not {type(value).__name__}"
    )
    raise InputError(message)


def from_path(
    path: Path, filename: str | None = None, content_type: str | None = None
) -> FileSource:
    """Describe a file on disk.

    Raises:
        InputError: there is none, or it is not a regular file that may be read, or it is empty.
    """
    try:
        if not path.exists():
            message = f"there is no file {str(path)!r} (looked from {os.getcwd()!r})"
            raise InputError(message)
        if not path.is_file():
            message = f"{str(path)!r} is not a file"
            raise InputError(message)
        with _places.value, path.open("rb") as stream:
            claimed = os.fstat(stream.fileno()).st_size
            head, size = true_size(stream, claimed)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        message = f"{str(path)!r} can't be read: {error}"
        raise InputError(message) from error
    if not head:
        message = f"{str(path)!r} is empty"
        raise InputError(message)
    name = filename or path.name
    if size == len(head) != claimed:  # made up as it is read, and perhaps another the next time
        return from_bytes(head, name, content_type)
    kind = content_type or media_type(name, head[:HEAD])
    return FileSource(name, kind, size, True, lambda: path.open("rb"), path)


def from_bytes(
    content: bytes | bytearray | memoryview,
    filename: str | None = None,
    content_type: str | None = None,
) -> FileSource:
    """Describe content in memory.

    Raises:
        InputError: it is empty, or a memoryview with gaps.
    """
    if isinstance(content, memoryview) and not content.c_contiguous:
        message = "the memoryview is not contiguous; give bytes(view)"
        raise InputError(message)
    held = bytes(content)
    if not held:
        raise InputError(EMPTY)
    name, kind = _described(filename, content_type, held[:HEAD])
    return FileSource(name, kind, len(held), True, partial(io.BytesIO, held))


def from_picture(
    image: Image.Image, filename: str | None = None, content_type: str | None = None
) -> FileSource:
    """Describe a Pillow image, in the format of its type or name, else as PNG.

    Raises:
        InputError: the format can't hold it, or it can't be read.
    """
    named = named_type(filename or "") or ""
    kind = content_type or (named if named.startswith("image/") else PNG)
    with shared(image).lock:  # it reads its file when it is first used
        content = encoded(image, kind)
    return from_bytes(content, filename, kind)


def from_stream(
    stream: Any, filename: str | None = None, content_type: str | None = None
) -> FileSource:
    """Describe an open binary file; one that can be rewound is sent from its start.

    Raises:
        InputError: it is closed, open as text, asynchronous, empty, or can't be read.
    """
    found = opened(stream)
    name, kind = _described(filename or found.name, content_type, (found.head or b"")[:HEAD])
    return FileSource(name, kind, found.size, found.rewindable, found.open)


def as_data_uri(content_type: str, content: bytes) -> str:
    """Return content as a data URI."""
    return f"data:{content_type};base64,{base64.b64encode(content).decode()}"


def _described(name: str | None, kind: str | None, head: bytes) -> tuple[str, str]:
    """Return name and media type, of which each may tell the other."""
    found = kind or media_type(name or "", head)
    return name or _NAMELESS + extension_for(found), found
