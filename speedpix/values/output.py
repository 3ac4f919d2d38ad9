"""The output of a run, with its files: the JSON stays what the server sent."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Container, Dict, Iterable, Iterator, Mapping, Sequence

from ..constants import OUTPUT_DEPTH_LIMIT
from .file_output import FileMapping, FileOutput, FileURL, as_file
from .link import Fetching, Link, OnBytes, Origin, tied
from .wire import Key, Keys, is_address


class Output(Dict[str, Any]):
    """The output of a run: its fields by name, a dict as the server sent it, with methods.

    Files in it, at any depth, are FileOutputs. In a notebook it shows itself as a gallery.

    Attributes:
        origin: the run.
        temp_files: with `return_temp_files`, the files that came beside the output fields.
        info: what the service adds, as it came; web addresses in it are FileOutputs.
        parameters: likewise.
    """

    origin: Origin = Origin()
    temp_files: Sequence[FileOutput] = ()
    info: Any = None
    parameters: Any = None

    @property
    def prediction_id(self) -> str | None:
        """Return the id of the run whose output it is; None when it was made by hand."""
        return self.origin.prediction_id

    def save_all(
        self,
        directory: str | os.PathLike[str],
        *,
        prefix: str = "",
        overwrite: bool = True,
        on_progress: OnBytes | None = None,
        timeout: float | None = None,
    ) -> list[Path]:
        """Save every file, several at a time, and return their paths, in the output's order.

        A file is named after its keys, with the extension of its format: `images.png`,
        `style-ref-1.jpg`. One that the output names more than once is saved once, after its
        first place.

        Files are the objects that the service describes as files, and the entries of `images`.
        A mere web address elsewhere may be text: it is taken along when it is on the host of such
        a file or of the endpoint; or when it ends in the extension of a picture, video or sound,
        and names no host of a private network, where one that can't be had is passed over.

        Args:
            directory: where to save them; created when it does not exist.
            prefix: what the names begin with, such as `coffee-`.
            overwrite: replace files that are there already; else a new one gets a number:
                `images-2.png`.
            on_progress: called with the number of bytes that have come of all files, and with
                that of all bytes, or None as long as a store has not told; by several threads, one
                after another.
            timeout: seconds for all files together.

        Raises:
            DownloadError: a file, whose place it tells, can't be had or written whole. Those
                under way are saved all the same, and what was saved stays.

        Examples:
            >>> client.run("workflow-id", {"text": "一幅画"}).save_all("out")
            [PosixPath('out/images.png')]
        """
        link = tied(self._link())
        how = Fetching(on_progress, timeout, blocking=True, prefix=prefix, overwrite=overwrite)
        return link.run(link.save_all(self, directory, how))

    async def async_save_all(
        self,
        directory: str | os.PathLike[str],
        *,
        prefix: str = "",
        overwrite: bool = True,
        on_progress: OnBytes | None = None,
        timeout: float | None = None,
    ) -> list[Path]:
        """Save every file, as `save_all` does; `on_progress` may be a coroutine function."""
        link = tied(self._link())
        how = Fetching(on_progress, timeout, blocking=False, prefix=prefix, overwrite=overwrite)
        return await link.async_run(link.save_all(self, directory, how))

    def _repr_html_(self) -> str | None:
        """Return what a notebook shows for the output; without files, its text will do."""
        link = self._link()
        return None if link is None else link.run(link.html(self))

    def _link(self) -> Link | None:
        """Return its own link, or, when it was made by hand, that of the files put into it."""
        return self.origin.link or next((file.origin.link for _, file in every_file(self)), None)


def as_output(
    fields: Mapping[str, Any], origin: Origin, beside: Mapping[str, Any] | None = None
) -> Output:
    """Give a run's output its methods, and what came beside it: `temp_files` and the others."""
    output = Output(_items(fields, origin))
    output.origin = origin
    parts = {"temp_files": [], "info": None, "parameters": None, **(beside or {})}
    output.temp_files, output.info, output.parameters = (
        wrap(parts[name], Origin(origin.link, origin.prediction_id, part=name))
        for name in ("temp_files", "info", "parameters")
    )
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
    if isinstance(value, FileMapping):  # a preview is a further address of the same file
        return [(key, item) for key, item in value.items() if key != "preview"]
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def every_file(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, FileOutput]]:
    """Return each file in an output with its keys; a mapping and its `url` are two."""
    if len(keys) > OUTPUT_DEPTH_LIMIT:
        return
    if isinstance(value, FileOutput):
        yield keys, value
    for key, item in _children(value):
        yield from every_file(item, (*keys, key))


def rest(value: Any, shown: Container[str], keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Return the largest parts of an output in which no file is that has one of the URLs."""
    for key, item in _children(value):
        if all(file.url not in shown for _, file in every_file(item)):
            yield (*keys, key), item
        elif not isinstance(item, FileOutput):
            yield from rest(item, shown, (*keys, key))
