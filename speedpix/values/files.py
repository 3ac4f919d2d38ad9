"""Give a file of an output its methods: the JSON that tells of it stays what the server sent."""

from __future__ import annotations

import io
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Callable, Dict, Mapping, TypeVar

from ..files import download as downloads
from ..files.sinks import Memory
from ..flow.effects import Flow, Work
from ..gateway.endpoints import number
from ..inputs import pictures
from .names import safe_name
from .origins import Origin
from .remote import Remote
from .wire import name_of

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image

F = TypeVar("F", bound="FileOutput")


class FileOutput(Remote):
    """Be a file of a run's output: it can be saved, read, or given to the next run.

    Two classes are: a file-valued object (a mapping with a `url`) and a plain URL (a `str`).
    Both are also the JSON that the server sent. In a notebook it shows itself.

    Attributes:
        origin: the run and the keys under which the file was found.
    """

    origin: Origin
    # What is known of the file, for a URL that is part of a file-valued object.
    _facts: Mapping[str, Any] | None = None

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

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save the file, whole or not at all, and return where it is.

        Args:
            path: a file, whose parent folders are created, or a folder (one that exists, or
                a path ending in a slash), where the file gets its own name.

        Raises:
            DownloadError: it can't be had or written whole; a file at `path` is as it was.

        Examples:
            >>> output["images"].save("out/picture.png")
        """
        return self.origin.link.downloader().run(save_file(self, path))

    async def async_save(self, path: str | os.PathLike[str]) -> Path:
        """Save the file, as `save` does."""
        return await self.origin.link.downloader().async_run(save_file(self, path))

    def read(self) -> bytes:
        """Return the file's content, fetched and verified each time.

        Raises:
            DownloadError: it can't be had whole.
        """
        return self.origin.link.downloader().run(_read(self))

    async def async_read(self) -> bytes:
        """Return the file's content, as `read` does."""
        return await self.origin.link.downloader().async_run(_read(self))

    def open(self) -> BinaryIO:
        """Return the content as a binary file in memory, for whatever wants a file.

        Raises:
            DownloadError: it can't be had whole.

        Examples:
            >>> with output["archive"].open() as stream:
            ...     zipfile.ZipFile(stream).namelist()
        """
        return self.origin.link.downloader().run(_open(self))

    async def async_open(self) -> BinaryIO:
        """Return the content as a binary file in memory, as `open` does."""
        return await self.origin.link.downloader().async_run(_open(self))

    def to_pil(self) -> Image.Image:
        """Return the picture as a Pillow image, loaded; needs `speedpix[pictures]`.

        Raises:
            DownloadError: the file can't be had whole.
            SpeedPixException: it is no picture that Pillow can open, or Pillow is missing.

        Examples:
            >>> output["images"].to_pil().resize((256, 256)).save("small.png")
        """
        return self.origin.link.downloader().run(_to_pil(self))

    async def async_to_pil(self) -> Image.Image:
        """Return the picture as a Pillow image, as `to_pil` does."""
        return await self.origin.link.downloader().async_run(_to_pil(self))

    def to_numpy(self) -> npt.NDArray[Any]:
        """Return the picture as a numpy array; needs `speedpix[pictures]`.

        Its shape is height × width for grey, and height × width × channels otherwise (3 for RGB,
        4 for RGBA); its type is uint8 for all but pictures of other depths, such as bool and
        uint16.

        Raises:
            DownloadError: the file can't be had whole.
            SpeedPixException: it is no picture that Pillow can open, or a package is missing.
        """
        return self.origin.link.downloader().run(_to_numpy(self))

    async def async_to_numpy(self) -> npt.NDArray[Any]:
        """Return the picture as a numpy array, as `to_numpy` does."""
        return await self.origin.link.downloader().async_run(_to_numpy(self))

    def _repr_html_(self) -> str:
        """Return what a notebook shows for the file."""
        from ..display.notebook import file_html

        return file_html(self)

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
    """Be a file-valued object of an output: the mapping that the server sent, with methods."""

    def _info(self) -> Mapping[str, Any]:
        return self

    def _plain(self) -> Any:
        return dict(self)

    def __str__(self) -> str:
        return self.url


class FileURL(FileOutput, str):  # type: ignore[misc]  # format is the file's, not str's
    """Be a URL of an output: the string that the server sent, with methods."""

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


def save_file(file: FileOutput, path: str | os.PathLike[str]) -> Flow[Path]:
    """Fetch a file to disk: the flow behind `save`."""
    gateway = file.origin.link.downloader().gateway
    return downloads.save(gateway, file.url, path, file.filename, file.origin.fresh_url)


def _read(file: FileOutput) -> Flow[bytes]:
    gateway, memory = file.origin.link.downloader().gateway, Memory()
    yield from downloads.download(gateway, file.url, memory, file.origin.fresh_url)
    return bytes(memory.content)


def _open(file: FileOutput) -> Flow[BinaryIO]:
    stream = io.BytesIO((yield from _read(file)))
    stream.name = file.filename  # tells its format to whoever it is passed to
    return stream


def _to_pil(file: FileOutput) -> Flow[Image.Image]:
    content = yield from _read(file)
    image: Image.Image = yield Work(partial(pictures.opened, content, file.filename))
    return image


def _to_numpy(file: FileOutput) -> Flow[npt.NDArray[Any]]:
    image = yield from _to_pil(file)
    array: npt.NDArray[Any] = yield Work(partial(pictures.array_of, image))
    return array
