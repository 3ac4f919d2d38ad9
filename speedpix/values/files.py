"""Files that the service can read, or has made: what is known of them, and their methods."""

from __future__ import annotations

import io
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Callable, Dict, Mapping, TypeVar

from attrs import field, frozen

from .link import Link, tied
from .names import extension_of, safe_name
from .wire import Key, Keys, name_of, number

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL import Image

F = TypeVar("F", bound="FileOutput")


class Remote:
    """Something within the service's reach already, so that it is sent as its URL."""

    @property
    def url(self) -> str:
        raise NotImplementedError


@frozen
class File(Remote):
    """An uploaded file; it can be used in any input, as itself or as its URL.

    Attributes:
        access_url: the URL that goes into an input; readable until `expire_time`.
        path: the file's path in the store.
        object_key: the file's key in the store.
        upload_url: the URL it was put to, a credential while it lives.
        expire_time: when the URLs expire, with time zone, or None if the service did not say.
        name: the file's name.
        content_type: its media type.
        size: bytes.
    """

    access_url: str
    path: str | None
    object_key: str | None
    upload_url: str = field(repr=False)
    expire_time: datetime | None
    name: str
    content_type: str
    size: int

    @property
    def url(self) -> str:
        """Return the URL that goes into an input."""
        return self.access_url

    def __str__(self) -> str:
        return self.access_url


@frozen(eq=False)
class Origin:
    """Where an output file was found: in which run's output, and under which keys."""

    link: Link | None = None
    prediction_id: str | None = None
    keys: Keys = ()

    def at(self, key: Key) -> Origin:
        """Return the origin of what stands under a key."""
        return Origin(self.link, self.prediction_id, (*self.keys, key))


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
        link = tied(self.origin.link)
        return link.run(link.save(self, path))

    async def async_save(self, path: str | os.PathLike[str]) -> Path:
        """Save the file, as `save` does."""
        link = tied(self.origin.link)
        return await link.async_run(link.save(self, path))

    def read(self) -> bytes:
        """Return the file's content, fetched and verified each time.

        Raises:
            DownloadError: it can't be had whole.
        """
        link = tied(self.origin.link)
        return link.run(link.read(self))

    async def async_read(self) -> bytes:
        """Return the file's content, as `read` does."""
        link = tied(self.origin.link)
        return await link.async_run(link.read(self))

    def open(self) -> BinaryIO:
        """Return the content as a binary file in memory, for whatever wants a file.

        Raises:
            DownloadError: it can't be had whole.

        Examples:
            >>> with output["archive"].open() as stream:
            ...     zipfile.ZipFile(stream).namelist()
        """
        return _named(self.read(), self.filename)

    async def async_open(self) -> BinaryIO:
        """Return the content as a binary file in memory, as `open` does."""
        return _named(await self.async_read(), self.filename)

    def to_pil(self) -> Image.Image:
        """Return the picture as a Pillow image, loaded; needs `speedpix[pictures]`.

        Raises:
            DownloadError: the file can't be had whole.
            SpeedPixException: it is no picture that Pillow can open, or Pillow is missing.

        Examples:
            >>> output["images"].to_pil().resize((256, 256)).save("small.png")
        """
        link = tied(self.origin.link)
        return link.run(link.picture(self))

    async def async_to_pil(self) -> Image.Image:
        """Return the picture as a Pillow image, as `to_pil` does."""
        link = tied(self.origin.link)
        return await link.async_run(link.picture(self))

    def to_numpy(self) -> npt.NDArray[Any]:
        """Return the picture as a numpy array; needs `speedpix[pictures]`.

        Its shape is height × width for grey, and height × width × channels otherwise (3 for RGB,
        4 for RGBA); its type is uint8 for all but pictures of other depths, such as bool and
        uint16.

        Raises:
            DownloadError: the file can't be had whole.
            SpeedPixException: it is no picture that Pillow can open, or a package is missing.
        """
        link = tied(self.origin.link)
        return link.run(link.array(self))

    async def async_to_numpy(self) -> npt.NDArray[Any]:
        """Return the picture as a numpy array, as `to_numpy` does."""
        link = tied(self.origin.link)
        return await link.async_run(link.array(self))

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
    """A URL of an output: the string that the server sent, with methods."""

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
