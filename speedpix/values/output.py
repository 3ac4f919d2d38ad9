"""Give an output and its files their methods: the JSON stays what the server sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, Mapping

from ..constants import MAX_TRANSFERS, OUTPUT_DEPTH_LIMIT
from ..exceptions import DownloadError, rephrased
from ..flow.effects import Flow, Gather
from ..session import Engine, Link
from .files import FileMapping, FileOutput, FileURL, as_file, save_file
from .names import file_names
from .origins import Key, Keys, Origin
from .places import at
from .wire import is_address


class Output(Dict[str, Any]):
    """Be the output of a run: its fields by name, a dict as the server sent it, with methods.

    Files in it, at any depth, are FileOutputs. In a notebook it shows itself as a gallery.
    """

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
        return self._downloader().run(_save_all(self, directory))

    async def async_save_all(self, directory: str | os.PathLike[str]) -> list[Path]:
        """Save every file, as `save_all` does."""
        return await self._downloader().async_run(_save_all(self, directory))

    def _downloader(self) -> Engine:
        link = next((file.origin.link for _, file in _files(self)), Link())
        return link.downloader()

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows for the output; without files, its text will do."""
        from ..display.notebook import gallery_html

        files = _each_once(self)
        return gallery_html(files, list(_rest(self))) if files else None


def as_output(fields: Mapping[str, Any], origin: Origin) -> Output:
    """Give a run's output its methods."""
    return Output(_items(fields, origin))


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


def _each_once(output: Output) -> list[tuple[Keys, FileOutput]]:
    """Return the files with the keys of their first place; a mapping and its `url` are one."""
    found: dict[str, tuple[Keys, FileOutput]] = {}
    for keys, file in _files(output):
        found.setdefault(file.url, (keys, file))
    return list(found.values())


def _rest(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Return the largest parts of an output without a file in them."""
    for key, item in _children(value):
        if next(_files(item), None) is None:
            yield (*keys, key), item
        elif not isinstance(item, FileOutput):
            yield from _rest(item, (*keys, key))


def _save_all(output: Output, directory: str | os.PathLike[str]) -> Flow[list[Path]]:
    files, folder = _each_once(output), Path(directory)
    flows = [
        _saved(keys, file, folder / name) for (keys, file), name in zip(files, file_names(files))
    ]
    paths: list[Path] = []
    for start in range(0, len(flows), MAX_TRANSFERS):  # no more files are open at a time
        found: list[Path | DownloadError] = yield Gather(flows[start : start + MAX_TRANSFERS])
        for path in found:
            if isinstance(path, DownloadError):
                raise path
            paths.append(path)
    return paths


def _saved(keys: Keys, file: FileOutput, path: Path) -> Flow[Path | DownloadError]:
    """Return where a file was saved, or why not: that does not stop those under way."""
    try:
        return (yield from save_file(file, path))
    except DownloadError as error:
        place = "output"
        for key in keys:
            place = at(place, key)
        return rephrased(error, DownloadError, f"{place}: {error.message}")
