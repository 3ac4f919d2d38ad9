"""Give an output's files their methods: the JSON stays what the server sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, TypeVar, Union

from attrs import frozen
from speedpix_api.models.json_object import JsonObject
from speedpix_api.models.result_data import ResultData

from .addresses import is_address, name_of
from .calls import get_result, number
from .constants import OUTPUT_DEPTH_LIMIT
from .downloads import Memory, download, safe_name, save
from .engine import Link
from .exceptions import SpeedPixException
from .flow import Flow
from .remote import Remote

Key = Union[str, int]
F = TypeVar("F", bound="FileOutput")


class FileOutput(Remote):
    """Be a file of a run's output: it can be saved, read, or given to the next run.

    Two classes are: a file-valued object (a mapping with a `url`) and a plain URL (a `str`).
    Both are also the JSON that the server sent.
    """

    _origin: Origin
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

        Example:
            >>> output["images"].save("out/picture.png")
        """
        return self._origin.link.downloader().run(self._save(path))

    async def async_save(self, path: str | os.PathLike[str]) -> Path:
        """Save the file, as `save` does."""
        return await self._origin.link.downloader().async_run(self._save(path))

    def read(self) -> bytes:
        """Return the file's content, fetched and verified each time.

        Raises:
            DownloadError: it can't be had whole.
        """
        return self._origin.link.downloader().run(self._read())

    async def async_read(self) -> bytes:
        """Return the file's content, as `read` does."""
        return await self._origin.link.downloader().async_run(self._read())

    def _save(self, path: str | os.PathLike[str]) -> Flow[Path]:
        gateway = self._origin.link.downloader().gateway
        return save(gateway, self.url, path, self.filename, self._renewed)

    def _read(self) -> Flow[bytes]:
        gateway, memory = self._origin.link.downloader().gateway, Memory()
        yield from download(gateway, self.url, memory, self._renewed)
        return bytes(memory.content)

    def _renewed(self) -> Flow[str | None]:
        """Ask for the result again, which comes with fresh URLs, and find this file's."""
        origin = self._origin
        if origin.prediction_id is None:
            return None
        try:
            answer = yield from get_result(origin.link.engine().gateway, origin.prediction_id)
            found: Any = output_of(answer.require())
            for key in origin.keys:
                found = found[key]
        except (SpeedPixException, LookupError, TypeError):
            return None  # the error that made this necessary says more
        found = found.get("url") if isinstance(found, dict) else found
        return found if isinstance(found, str) else None

    def _info(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def _text(self, key: str) -> str | None:
        value = self._info().get(key)
        return value if isinstance(value, str) and value else None

    def _pixels(self, key: str) -> int | None:
        value = number(self._info().get(key))
        return None if value is None else int(value)

    def __reduce_ex__(self, protocol: Any) -> Any:
        return (_file, (type(self), self._plain(), self._origin, self._facts))

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


@frozen(eq=False)
class Origin:
    """Hold where an output file was found: in which run's output, and under which keys."""

    link: Link
    prediction_id: str | None
    keys: tuple[Key, ...] = ()

    def at(self, key: Key) -> Origin:
        """Return the origin of what stands under a key."""
        return Origin(self.link, self.prediction_id, (*self.keys, key))


def output_of(data: ResultData) -> dict[str, Any]:
    """Return the output in a result: its fields, or `images` for a workflow without any."""
    if isinstance(data.result, JsonObject):
        return data.result.additional_properties
    images = data.images if isinstance(data.images, list) else []
    return {"images": images}


def wrap(value: Any, origin: Origin, parent: Mapping[str, Any] | None = None) -> Any:
    """Give the files in a JSON value their methods.

    A file is a string that is a web address, or a mapping with one as its `url`.
    """
    if len(origin.keys) > OUTPUT_DEPTH_LIMIT:
        return value
    if isinstance(value, dict):
        items = {key: wrap(item, origin.at(key), value) for key, item in value.items()}
        return _file(FileMapping, items, origin) if is_address(value.get("url")) else items
    if isinstance(value, list):
        return [wrap(item, origin.at(index)) for index, item in enumerate(value)]
    if is_address(value):
        facts = parent if parent is not None and parent.get("url") == value else None
        return _file(FileURL, value, origin, facts)
    return value


def _file(
    kind: Callable[[Any], F], value: Any, origin: Origin, facts: Mapping[str, Any] | None = None
) -> F:
    found = kind(value)
    found._origin, found._facts = origin, facts  # noqa: SLF001 - it is made here
    return found
