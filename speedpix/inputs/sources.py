"""Describe files to be sent: where they come from, and their name, media type and size."""

from __future__ import annotations

import base64
import hashlib
import io
import mimetypes
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Union, cast

from attrs import field, frozen

from ..constants import CHUNK_SIZE, MEDIA_TYPES, SIGNATURES
from ..exceptions import InputError
from .pictures import png

if TYPE_CHECKING:
    from PIL import Image

_GENERIC = "application/octet-stream"
_NAMELESS = "file"  # what a stream without a name of its own is called, plus its extension
_EXTENSIONS = {kind: extension for extension, kind in reversed(list(MEDIA_TYPES.items()))}
_HEAD = 16  # bytes at a file's start that tell its type

FileInput = Union[str, "os.PathLike[str]", BinaryIO, bytes, bytearray, memoryview, "Image.Image"]


def _printable(name: str) -> str:
    """Return a name without what can't be sent: file systems allow any bytes."""
    return name.encode("utf-8", "replace").decode()


@frozen(eq=False)
class FileSource:
    """A file to be sent.

    Attributes:
        name: the file's name, without folders.
        content_type: its media type.
        size: bytes, or None for a stream whose length is not known.
        rewindable: whether it can be read again from its start.
    """

    name: str = field(converter=_printable)
    content_type: str
    size: int | None
    rewindable: bool
    _path: Path | None = None
    _stream: BinaryIO | None = field(default=None, repr=False)
    _start: int = 0

    @property
    def path(self) -> Path | None:
        """Return where the file is on disk, if it is there."""
        return self._path

    def open(self) -> BinaryIO:
        """Return a stream at the start of the file; `release` it afterwards.

        Raises:
            OSError: it can't be opened or rewound.
        """
        if self._path is not None:
            return self._path.open("rb")
        stream = cast("BinaryIO", self._stream)
        if self.rewindable:
            stream.seek(self._start)
        return stream

    def digest(self, algorithm: str) -> str:
        """Return a digest of the whole file, as hexadecimal digits.

        Raises:
            OSError: it can't be read.
        """
        found = hashlib.new(algorithm)
        stream = self.open()
        try:
            for piece in iter(lambda: stream.read(CHUNK_SIZE), b""):
                found.update(piece)
        finally:
            self.release(stream)
        return found.hexdigest()

    def release(self, stream: BinaryIO) -> None:
        """Close a stream that `open` returned, unless it is the caller's own."""
        if self._path is not None:
            stream.close()


def from_path(
    path: Path, filename: str | None = None, content_type: str | None = None
) -> FileSource:
    """Describe a file on disk.

    Raises:
        InputError: there is none, or it is not a regular file that may be read.
    """
    try:
        if not path.exists():
            message = f"there is no file {str(path)!r} (looked from {os.getcwd()!r})"
            raise InputError(message)
        if not path.is_file():
            message = f"{str(path)!r} is not a file"
            raise InputError(message)
        with path.open("rb") as stream:
            head = stream.read(_HEAD)
            size = os.fstat(stream.fileno()).st_size
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        message = f"{str(path)!r} can't be read: {error}"
        raise InputError(message) from error
    name = filename or path.name
    return FileSource(name, content_type or media_type(name, head), size, True, path=path)


def from_bytes(
    content: bytes | bytearray | memoryview,
    filename: str | None = None,
    content_type: str | None = None,
) -> FileSource:
    """Describe content in memory."""
    stream = io.BytesIO(content)
    return from_stream(cast("BinaryIO", stream), filename, content_type)


def from_picture(
    image: Image.Image, filename: str | None = None, content_type: str | None = None
) -> FileSource:
    """Describe a Pillow image, as PNG.

    Raises:
        InputError: PNG can't hold it, or it can't be read.
    """
    return from_bytes(png(image), filename, content_type or "image/png")


def from_stream(
    stream: BinaryIO, filename: str | None = None, content_type: str | None = None
) -> FileSource:
    """Describe an open binary file; one that can be rewound is sent from its start.

    Raises:
        InputError: it is closed, or open as text.
    """
    if getattr(stream, "closed", False):
        message = "the file object is closed; open it again, or pass its path"
        raise InputError(message)
    if isinstance(stream, io.TextIOBase) or "b" not in str(getattr(stream, "mode", "b")):
        message = "the file object is open as text; open it with mode 'rb'"
        raise InputError(message)
    try:
        size: int | None = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        head = stream.read(_HEAD)
        stream.seek(0)
    except (OSError, AttributeError, ValueError):
        size, head = None, b""
    name = filename or _stream_name(stream)
    kind = content_type or media_type(name, head)
    return FileSource(
        name or _NAMELESS + _EXTENSIONS.get(kind, ""), kind, size, size is not None, stream=stream
    )


def as_data_uri(content_type: str, content: bytes) -> str:
    """Return content as a data URI."""
    return f"data:{content_type};base64,{base64.b64encode(content).decode()}"


def media_type(name: str, head: bytes = b"") -> str:
    """Return the media type for a file's name, or else for its first bytes."""
    extension = os.path.splitext(name)[1].lower()
    found = MEDIA_TYPES.get(extension) or mimetypes.guess_type(name)[0]
    return found or _sniffed(head) or _GENERIC


def _sniffed(head: bytes) -> str | None:
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav", b"AVI ": "video/x-msvideo"}.get(
            head[8:12]
        )
    if head[4:8] == b"ftyp":
        return {b"avif": "image/avif", b"heic": "image/heic", b"qt  ": "video/quicktime"}.get(
            head[8:12], "video/mp4"
        )
    return next((kind for magic, kind in SIGNATURES if head.startswith(magic)), None)


def _stream_name(stream: BinaryIO) -> str:
    name = getattr(stream, "name", None)
    return os.path.basename(name) if isinstance(name, str) else ""
