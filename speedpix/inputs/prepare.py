"""Turn a caller's input into JSON, and find the local files in it: all before anything is sent."""

from __future__ import annotations

import math
import os
import re
import sys
from collections.abc import Iterator, Mapping  # isinstance is ten times faster than typing's
from functools import reduce
from pathlib import Path
from typing import Any, Tuple

from attrs import define, field, frozen

from ..constants import BASE64_LIMIT, INPUT_DEPTH_LIMIT, PATH_LENGTH_LIMIT
from ..exceptions import InputError
from ..gateway.settings import LocalFiles
from ..values.file import Remote
from ..values.wire import at
from .media_types import MEDIA_TYPES
from .pictures import is_picture
from .sources import FileSource, as_data_uri, is_file_url, is_url, path_of, source_of

# The keys on the way to a value, from the whole input on.
Place = Tuple[object, ...]

# What makes a string a path whatever files exist: ./a ../a /a ~/a C:\a \\server\a
_EXPLICIT_PATH = re.compile(r"(\.{0,2}[/\\]|~[^/\\]*[/\\]|[A-Za-z]:[/\\])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")  # a prompt has lines; no path is typed with them


@frozen
class Prepared:
    """An input in which only JSON and local files are left.

    Attributes:
        tree: the input; each local file stands as its FileSource.
        files: every local file once, with its first place, in the order of the input.
    """

    tree: Any = field(repr=False)
    files: list[tuple[str, FileSource]]


def prepare(value: Mapping[str, object], local_files: LocalFiles) -> Prepared:
    r"""Make JSON of an input and find its local files.

    A path object, a file object, bytes or a Pillow image is always a file. A string is one when
    it has an image, video or audio extension and is a path: one that begins like a path (`./`, `/`,
    `~/`, `C:\\`) must exist, one that does not counts when it exists. A `file://` URL is a file
    whatever its extension. All else is text.

    Args:
        value: the input, by field.
        local_files: "never" takes every string as text.

    Raises:
        InputError: with the place of what can't be sent, such as `input["style"]["ref"][0]`.
    """
    if not isinstance(value, Mapping):
        message = f"input must be a mapping of fields to values, not {type(value).__name__}"
        raise InputError(message)
    collector = _Collector(local_files)
    tree = _walk(value, (), collector)
    return Prepared(tree, collector.files)


def filled(prepared: Prepared, values: Mapping[int, object]) -> dict[str, Any]:
    """Return the input with every local file replaced, by `id` of its source."""
    found: dict[str, Any] = _replace(prepared.tree, values)
    return found


def data_uri(place: str, source: FileSource) -> str:
    """Return a file as a data URI.

    Raises:
        InputError: it is larger than the service takes this way, or can't be read.
    """
    try:
        content = source.read(BASE64_LIMIT + 1)
    except Exception as error:  # streams of others raise what they like
        message = f"{place}: {source.name!r} can't be read: {error}"
        raise InputError(message) from error
    if len(content) > BASE64_LIMIT:
        message = (
            f"{place}: {source.name!r} has more than the {BASE64_LIMIT} bytes (1 MiB) that "
            'file_encoding_strategy="base64" can carry; use "url"'
        )
        raise InputError(message)
    return as_data_uri(source.content_type, content)


@define
class _Collector:
    """The local files of an input, each once."""

    local_files: LocalFiles
    files: list[tuple[str, FileSource]] = field(factory=list)
    # By path, or by identity; the value is kept with it, lest its identity be given to another.
    _known: dict[object, tuple[object, FileSource]] = field(factory=dict, init=False)

    def add(self, place: Place, value: Any) -> FileSource:
        try:
            key: object = id(value)
            if isinstance(value, (str, os.PathLike)):
                value = path_of(value)
                key = os.path.realpath(value)
            if key not in self._known:
                self._known[key] = (value, source_of(value))
                self.files.append((_shown(place), self._known[key][1]))
            return self._known[key][1]
        except Exception as error:  # files of others raise what they like
            reason = error.message if isinstance(error, InputError) else f"can't be read: {error}"
            message = f"{_shown(place)}: {reason}"
            raise InputError(message) from error


def _walk(value: Any, place: Place, collector: _Collector) -> Any:  # noqa: C901 - one branch a type
    if len(place) > INPUT_DEPTH_LIMIT:
        message = (
            f"{_shown(place)}: nested deeper than {INPUT_DEPTH_LIMIT} levels; does it contain "
            "itself?"
        )
        raise InputError(message)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Remote):
        return str.__str__(value.url)
    if isinstance(value, str):
        return _string(str.__str__(value), place, collector)
    if isinstance(value, int):
        return _whole(value, place)
    if isinstance(value, float):
        if not math.isfinite(value):
            message = f"{_shown(place)}: JSON can't hold the number {float(value)!r}"
            raise InputError(message)
        return float(value)
    if isinstance(value, Mapping):
        return _fields(value, place, collector)
    if (
        isinstance(value, (bytes, bytearray, memoryview, os.PathLike))
        or hasattr(value, "read")
        or is_picture(value)
    ):
        return collector.add(place, value)
    if isinstance(value, (list, tuple, set, frozenset, Iterator)):
        return [_walk(item, (*place, index), collector) for index, item in enumerate(value)]
    plain = _from_numpy(value)
    if plain is not None:
        return _walk(plain[0], place, collector)
    message = (
        f"{_shown(place)}: JSON can't hold a value of type {type(value).__name__}; "
        "give a string, number, list, mapping, path, file object, bytes or Pillow image"
    )
    raise InputError(message)


def _whole(value: int, place: Place) -> int:
    found = int(value)  # an enumeration's member would give its name
    try:
        str(found)
    except ValueError as error:
        message = f"{_shown(place)}: the number has more digits than Python writes"
        raise InputError(message) from error
    return found


def _fields(value: Mapping[Any, Any], place: Place, collector: _Collector) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, item in value.items():
        name = _key(key, place)
        if name in found:
            message = f"{_shown((*place, name))}: two keys are {name!r} in JSON; one would be lost"
            raise InputError(message)
        found[name] = _walk(item, (*place, key), collector)
    return found


def _string(value: str, place: Place, collector: _Collector) -> Any:
    if collector.local_files != "never":
        if is_file_url(value):
            return collector.add(place, value)
        if may_be_path(value):
            explicit = _EXPLICIT_PATH.match(value) and not _CONTROL.search(value)
            if explicit or is_file(path_of(value)):
                return collector.add(place, value)
    return _checked_text(value, place)


def _checked_text(value: str, place: Place) -> str:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        message = f"{_shown(place)}: not valid Unicode: {error.reason}"
        raise InputError(message) from error
    return value


def may_be_path(value: str) -> bool:
    """Tell whether a string may be a path: by its extension, whatever files there are."""
    return (
        len(value) <= PATH_LENGTH_LIMIT
        and "." in value  # quicker, and most texts have none
        and os.path.splitext(value)[1].lower() in MEDIA_TYPES
        and not is_url(value)
    )


def is_file(path: Path) -> bool:
    """Tell whether a path, whatever is in it, leads to a file."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _key(key: object, place: Place) -> str:
    if isinstance(key, str):
        return _checked_text(str.__str__(key), (*place, key))
    if isinstance(key, int) and not isinstance(key, bool):
        return str(int(key))  # an enumeration's member would give its name
    message = f"{_shown(place)}: a field's name must be a string, not {key!r}"
    raise InputError(message)


def _shown(place: Place) -> str:
    return reduce(at, place, "input")


def _from_numpy(value: object) -> tuple[Any] | None:
    """Return a numpy scalar or array as plain Python, if numpy is in use and it is one."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not isinstance(value, (numpy.generic, numpy.ndarray)):
        return None
    plain = value.tolist()  # of a long double, or of an array of no dimensions, numpy's still
    return None if isinstance(plain, (numpy.generic, numpy.ndarray)) else (plain,)


def _replace(tree: Any, values: Mapping[int, object]) -> Any:
    if isinstance(tree, FileSource):
        return values[id(tree)]
    if isinstance(tree, dict):
        return {key: _replace(item, values) for key, item in tree.items()}
    if isinstance(tree, list):
        return [_replace(item, values) for item in tree]
    return tree
