"""The output of a run, with its files: the JSON stays what the server sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Mapping

from ..constants import OUTPUT_DEPTH_LIMIT
from .files import FileMapping, FileOutput, FileURL, Origin, as_file
from .link import Link, tied
from .wire import Key, Keys, is_address


class Output(Dict[str, Any]):
    """The output of a run: its fields by name, a dict as the server sent it, with methods.

    Files in it, at any depth, are FileOutputs. In a notebook it shows itself as a gallery.
    """

    origin: Origin = Origin()

    @property
    def prediction_id(self) -> str | None:
        """Return the id of the run whose output it is; None when it was made by hand."""
        return self.origin.prediction_id

    def save_all(self, directory: str | os.PathLike[str]) -> list[Path]:
        """Save every file, several at a time, and return their paths, in the output's order.

        A file is named after its keys, with the extension of its format: `images.png`,
        `style-ref-1.jpg`. One that the output names more than once is saved once, after its
        first place. Files that are there already are replaced.

        Args:
            directory: where to save them; created when it does not exist.

        Raises:
            DownloadError: a file, whose place it tells, can't be had or written whole. Those
                under way are saved all the same, and what was saved stays.

        Examples:
            >>> client.run("workflow-id", {"text": "一幅画"}).save_all("out")
            [PosixPath('out/images.png')]
        """
        link = tied(self._link())
        return link.run(link.save_all(self, directory))

    async def async_save_all(self, directory: str | os.PathLike[str]) -> list[Path]:
        """Save every file, as `save_all` does."""
        link = tied(self._link())
        return await link.async_run(link.save_all(self, directory))

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows for the output; without files, its text will do."""
        link = self._link()
        return None if link is None else link.run(link.html(self))

    def _link(self) -> Link | None:
        """Return its own link, or, when it was made by hand, that of the files put into it."""
        return self.origin.link or next((file.origin.link for _, file in _files(self)), None)


def as_output(fields: Mapping[str, Any], origin: Origin) -> Output:
    """Give a run's output its methods."""
    output = Output(_items(fields, origin))
    output.origin = origin
    return output


def wrap(value: Any, origin: Origin, parent: Mapping[str, Any] | None = None) -> Any:
    """Give the files in a JSON value their methods.

    A file is a string that is a web address, or a mapping with one as its `url`.
    """
    if len(origin.keys) > OUTPUT_DEPTH_LIMIT:
        return value
    if isinstance(value, dict):
        items = _items(value, origin)
        return as_file(FileMapping, items, origin) if is_address(value.get("url")) else items
    if isinstance(value, list):
        return [wrap(item, origin.at(index)) for index, item in enumerate(value)]
    if is_address(value):
        facts = parent if parent is not None and parent.get("url") == value else None
        return as_file(FileURL, value, origin, facts)
    return value


def _items(value: Mapping[str, Any], origin: Origin) -> dict[str, Any]:
    return {key: wrap(item, origin.at(key), value) for key, item in value.items()}


def _children(value: Any) -> Iterable[tuple[Key, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _files(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, FileOutput]]:
    if len(keys) > OUTPUT_DEPTH_LIMIT:
        return
    if isinstance(value, FileOutput):
        yield keys, value
    for key, item in _children(value):
        yield from _files(item, (*keys, key))


def each_file(output: Output) -> list[tuple[Keys, FileOutput]]:
    """Return the files with the keys of their first place; a mapping and its `url` are one."""
    found: dict[str, tuple[Keys, FileOutput]] = {}
    for keys, file in _files(output):
        found.setdefault(file.url, (keys, file))
    return list(found.values())


def rest(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Return the largest parts of an output without a file in them."""
    for key, item in _children(value):
        if next(_files(item), None) is None:
            yield (*keys, key), item
        elif not isinstance(item, FileOutput):
            yield from rest(item, (*keys, key))
