"""A file of a run's output: what is known of it, and its methods."""

from __future__ import annotations

import io
import os
from functools import partial
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    AsyncIterator,
    BinaryIO,
    Callable,
    Dict,
    Iterator,
    Mapping,
    TypeVar,
    overload,
)

from ..constants import CHUNK_SIZE
from ..flow.effects import Flow, Work
from .file import Remote
from .link import Fetching, OnBytes, Origin, Spooled, Target, Writable, tied
from .names import extension_of, safe_name
from .wire import name_of, number

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image

F = TypeVar("F", bound="FileOutput")


class FileOutput(Remote):
    """A file of a run's output: it can be saved, read, or given to the next run.

    Two classes are: a file-valued object (a mapping with a `url`) and a plain URL (a `str`).
    Both are also the JSON that the server sent. In a notebook it shows itself.

    Attributes:
        origin: the run and the keys under which the file was found.
    """

    origin: Origin
    # What is known of the file, for a URL that is part of a file-valued object.
    _facts: Mapping[str, Any] | None = None

    @property
    def prediction_id(self) -> str | None:
        """Return the id of the run whose file it is; None when it was made by hand."""
        return self.origin.prediction_id

    @property
    def url(self) -> str:
        """Return the URL; it expires, so save the file for long use."""
        return str(self._info()["url"])

    @property
    def type(self) -> str | None:
        """Return the kind of file, such as `image`, if the service said so."""
        return self._text("type")

    @property
    def format(self) -> str | None:
        """Return the format, such as `png`, if the service said so."""
        return self._text("format")

    @property
    def filename(self) -> str:
        """Return the server's name of the file, without folders and safe to use."""
        return safe_name(self._text("filename") or name_of(self.url))

    @property
    def width(self) -> int | None:
        """Return the width in pixels, if the service said so."""
        return self._pixels("width")

    @property
    def height(self) -> int | None:
        """Return the height in pixels, if the service said so."""
        return self._pixels("height")

    @overload
    def save(
        self,
        path: str | os.PathLike[str],
        *,
        on_progress: OnBytes | None = ...,
        timeout: float | None = ...,
    ) -> Path: ...

    @overload
    def save(
        self,
        path: Writable,
        *,
        on_progress: OnBytes | None = ...,
        timeout: float | None = ...,
    ) -> None: ...

    def save(
        self,
        path: Target,
        *,
        on_progress: OnBytes | None = None,
        timeout: float | None = None,
    ) -> Path | None:
        """Save the file, whole or not at all, and return where it is.

        Args:
            path: a file, whose parent folders are created, or a folder (one that exists, or
                a path ending in a slash), where the file gets its own name. A symbolic link is
                followed; a pipe or a device is written to. Or an open binary file, to which the
                file is written once all of it has come; nothing is returned then.
            on_progress: called with the number of bytes that have come, and with that of all of
                them, or None where the store does not tell; what it raises ends the save.
            timeout: seconds for all of it; by default, a file takes as long as it takes, as long
                as it does not stand still for the client's `timeout`.

        Raises:
            DownloadError: it can't be had or written whole; a file at `path` is as it was.
            InputError: an argument is none of these.

        Examples:
            >>> output["images"].save("out/picture.png")
        """
        link = tied(self.origin.link)
        return link.run(link.save(self, path, Fetching(on_progress, timeout, blocking=True)))

    @overload
    async def async_save(
        self,
        path: str | os.PathLike[str],
        *,
        on_progress: OnBytes | None = ...,
        timeout: float | None = ...,
    ) -> Path: ...

    @overload
    async def async_save(
        self,
        path: Writable,
        *,
        on_progress: OnBytes | None = ...,
        timeout: float | None = ...,
    ) -> None: ...

    async def async_save(
        self,
        path: Target,
        *,
        on_progress: OnBytes | None = None,
        timeout: float | None = None,
    ) -> Path | None:
        """Save the file, as `save` does; `on_progress` may be a coroutine function."""
        link = tied(self.origin.link)
        how = Fetching(on_progress, timeout, blocking=False)
        return await link.async_run(link.save(self, path, how))

    def read(self, *, on_progress: OnBytes | None = None, timeout: float | None = None) -> bytes:
        """Return the file's content, fetched and verified each time.

        Args:
            on_progress: as for `save`.
            timeout: as for `save`.

        Raises:
            DownloadError: it can't be had whole.
        """
        link = tied(self.origin.link)
        return link.run(link.read(self, Fetching(on_progress, timeout, blocking=True)))

    async def async_read(
        self, *, on_progress: OnBytes | None = None, timeout: float | None = None
    ) -> bytes:
        """Return the file's content, as `read` does."""
        link = tied(self.origin.link)
        how = Fetching(on_progress, timeout, blocking=False)
        return await link.async_run(link.read(self, how))

    def iter_bytes(
        self,
        size: int = CHUNK_SIZE,
        *,
        on_progress: OnBytes | None = None,
        timeout: float | None = None,
    ) -> Iterator[bytes]:
        """Iterate over the file's content in pieces, in little memory.

        All of it is fetched and verified before the first piece comes; meanwhile more than 1 MiB
        is kept in a nameless temporary file. Nothing of the network is held in between.

        Args:
            size: bytes of each piece but the last, by default 1 MiB.
            on_progress: as for `save`.
            timeout: as for `save`; the time until the first piece.

        Raises:
            DownloadError: it can't be had whole.
            ValueError: the size is not positive.

        Examples:
            >>> for piece in output["clip"].iter_bytes():
            ...     digest.update(piece)
        """
        _check_size(size)
        link = tied(self.origin.link)
        how = Fetching(on_progress, timeout, blocking=True)
        with link.run(link.spooled(self, how)) as stream:
            yield from iter(partial(stream.read, size), b"")

    async def aiter_bytes(
        self,
        size: int = CHUNK_SIZE,
        *,
        on_progress: OnBytes | None = None,
        timeout: float | None = None,
    ) -> AsyncIterator[bytes]:
        """Iterate over the file's content in pieces, with `async for`, as `iter_bytes` does."""
        _check_size(size)
        link = tied(self.origin.link)
        how = Fetching(on_progress, timeout, blocking=False)
        with await link.async_run(link.spooled(self, how)) as stream:
            while True:
                piece = await link.async_run(_read(stream, size))
                if not piece:
                    return
                yield piece

    def open(self, *, on_progress: OnBytes | None = None, timeout: float | None = None) -> BinaryIO:
        """Return the content as a binary file in memory, for whatever wants a file.

        Args:
            on_progress: as for `save`.
            timeout: as for `save`.

        Raises:
            DownloadError: it can't be had whole.

        Examples:
            >>> with output["archive"].open() as stream:
            ...     zipfile.ZipFile(stream).namelist()
        """
        return _named(self.read(on_progress=on_progress, timeout=timeout), self.filename)

    async def async_open(
        self, *, on_progress: OnBytes | None = None, timeout: float | None = None
    ) -> BinaryIO:
        """Return the content as a binary file in memory, as `open` does."""
        content = await self.async_read(on_progress=on_progress, timeout=timeout)
        return _named(content, self.filename)

    def to_pil(
        self, *, on_progress: OnBytes | None = None, timeout: float | None = None
    ) -> Image.Image:
        """Return the picture as a Pillow image, loaded; needs the extra `pictures`.

        Args:
            on_progress: as for `save`.
            timeout: as for `save`.

        Raises:
            DownloadError: the file can't be had whole.
            SpeedPixException: it is no picture made of pixels that Pillow can open, or it has
                more pixels than Pillow takes for safe, or Pillow is missing.

        Examples:
            >>> output["images"].to_pil().resize((256, 256)).save("small.png")
        """
        link = tied(self.origin.link)
        return link.run(link.picture(self, Fetching(on_progress, timeout, blocking=True)))

    async def async_to_pil(
        self, *, on_progress: OnBytes | None = None, timeout: float | None = None
    ) -> Image.Image:
        """Return the picture as a Pillow image, as `to_pil` does."""
        link = tied(self.origin.link)
        how = Fetching(on_progress, timeout, blocking=False)
        return await link.async_run(link.picture(self, how))

    def to_numpy(
        self, *, on_progress: OnBytes | None = None, timeout: float | None = None
    ) -> npt.NDArray[Any]:
        """Return the picture as a numpy array; needs the extra `pictures`.

        Its shape is height × width for grey, and height × width × channels otherwise (3 for RGB,
        4 for RGBA); its type is uint8 for all but pictures of other depths, such as bool and
        uint16.

        Args:
            on_progress: as for `save`.
            timeout: as for `save`.

        Raises:
            DownloadError: the file can't be had whole.
            SpeedPixException: as for `to_pil`, or numpy is missing.
        """
        link = tied(self.origin.link)
        return link.run(link.array(self, Fetching(on_progress, timeout, blocking=True)))

    async def async_to_numpy(
        self, *, on_progress: OnBytes | None = None, timeout: float | None = None
    ) -> npt.NDArray[Any]:
        """Return the picture as a numpy array, as `to_numpy` does."""
        link = tied(self.origin.link)
        how = Fetching(on_progress, timeout, blocking=False)
        return await link.async_run(link.array(self, how))

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows for the file."""
        link = tied(self.origin.link)
        return link.run(link.html(self))

    def _info(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def _text(self, key: str) -> str | None:
        value = self._info().get(key)
        return value if isinstance(value, str) and value else None

    def _pixels(self, key: str) -> int | None:
        value = number(self._info().get(key))
        return None if value is None else int(value)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (as_file, (type(self), self._plain(), self.origin, self._facts))

    def _plain(self) -> Any:
        raise NotImplementedError


class FileMapping(FileOutput, Dict[str, Any]):
    """A file-valued object of an output: the mapping that the server sent, with methods."""

    def _info(self) -> Mapping[str, Any]:
        return self

    def _plain(self) -> Any:
        return dict(self)

    def __str__(self) -> str:
        return self.url


class FileURL(FileOutput, str):  # type: ignore[misc]  # format is the file's, not str's
    """A URL of an output: the string that the server sent, with methods.

    Like any string, it iterates over its characters; `iter_bytes` is for the content.
    """

    def _info(self) -> Mapping[str, Any]:
        return self._facts or {"url": self.url}

    def _plain(self) -> Any:
        return str.__str__(self)

    @property
    def url(self) -> str:
        """Return the URL; it expires, so save the file for long use."""
        return str.__str__(self)

    def __str__(self) -> str:
        return str.__str__(self)


def as_file(
    kind: Callable[[Any], F], value: Any, origin: Origin, facts: Mapping[str, Any] | None = None
) -> F:
    """Return a file of one of the two kinds, with where it was found and what is known of it."""
    found = kind(value)
    found.origin, found._facts = origin, facts  # noqa: SLF001 - it is made here
    return found


def extension(file: FileOutput) -> str:
    """Return a file's extension with its dot: of its format, or else of its name."""
    return extension_of(file.format, file.filename)


def _named(content: bytes, name: str) -> BinaryIO:
    stream = io.BytesIO(content)
    stream.name = name  # tells its format to whoever it is passed to
    return stream


def _check_size(size: int) -> None:
    if not (isinstance(size, int) and size > 0):
        message = f"the size of a piece must be a positive number of bytes, not {size!r}"
        raise ValueError(message)


def _read(stream: Spooled, size: int) -> Flow[bytes]:
    piece: bytes = yield Work(partial(stream.read, size))
    return piece
