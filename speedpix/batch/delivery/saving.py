"""The files of an item, saved to where a template says: `out/{key}.{ext}`."""

from __future__ import annotations

import hashlib
import os
import re
import string
from pathlib import Path
from typing import Callable, Optional, Sequence

from attrs import frozen

from ...constants import MAX_NAME
from ...exceptions import DownloadError, InputError
from ...files.selection import Chosen, chosen
from ...flow.effects import Flow, Gather
from ...gateway.exchange import Gateway
from ...predictions.context import Context
from ...values.file_output import FileOutput, extension
from ...values.names import expanded, safe_name
from ...values.output import Output
from ..items import Looked

Save = Callable[[Gateway, FileOutput, Path], Flow[Optional[Path]]]

_FIELDS = ("key", "index", "field", "stem", "ext")
_IN_FOLDER = "{key}.{ext}"
_SEPARATORS = re.compile(r"[/\\]")


@frozen
class Targets:
    """The template of the paths that files are saved to."""

    template: str

    @property
    def folder(self) -> Path:
        """Return the folder that all files are in, or below."""
        before = self.template.partition("{")[0]
        return Path(before if before.endswith(("/", os.sep)) else os.path.dirname(before) or ".")

    @property
    def tells_items_apart(self) -> bool:
        """Tell whether two items never have the same paths, whatever their files are called."""
        return "{key" in self.template or "{index" in self.template

    def paths(self, looked: Looked, files: Sequence[Chosen]) -> list[Path]:
        """Return where each file of an item is saved; no two are alike."""
        several = len(files) > 1 and "{field" not in self.template
        found: list[Path] = []
        for each in files:
            field = "-".join(map(str, each.keys))
            path = self._path(looked, field, extension(each.file)[1:])
            if several:
                path = path.with_name(f"{path.stem}-{_part(field)}{path.suffix}")
            number, plain = 1, path
            while path in found:
                number += 1
                path = plain.with_name(f"{plain.stem}-{number}{plain.suffix}")
            found.append(path)
        return found

    def _path(self, looked: Looked, field: str, suffix: str) -> Path:
        values = {
            "key": _distinct(looked.key),
            "index": looked.item.position,
            "field": _part(field),
            "stem": _part(looked.stem),
            "ext": suffix,
        }
        return Path(self.template.format_map(values).rstrip("."))


def targets_of(save_to: str | os.PathLike[str]) -> Targets:
    """Return the template that a caller gives, which may also be a folder.

    Raises:
        InputError: it is none.
    """
    template = expanded(save_to)
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
        trial = template.format_map({**dict.fromkeys(_FIELDS, ""), "index": 0})
    except (ValueError, LookupError, AttributeError) as error:
        message = (
            f"save_to {template!r}: its fields are {{key}} {{index}} {{field}} {{stem}} {{ext}}"
        )
        raise InputError(message) from error
    if "\0" in trial or any(len(os.fsencode(name)) > MAX_NAME for name in Path(trial).parts):
        message = f"save_to {template!r} is no path: names have at most {MAX_NAME} bytes"
        raise InputError(message)
    if not names:
        template = os.path.join(template.replace("{", "{{").replace("}", "}}"), _IN_FOLDER)
    return Targets(template)


def saved(
    context: Context, output: Output, looked: Looked, targets: Targets, save: Save
) -> Flow[list[Path]]:
    """Save the files of an output, by what is given for that; return where they are.

    Raises:
        DownloadError: one can't be had or written; those under way are saved all the same.
    """
    files = chosen(context.gateway.settings.endpoint, output)
    paths = targets.paths(looked, files)
    flows = [_saved(context, each, path, save) for each, path in zip(files, paths)]
    found: list[Path | DownloadError | None] = yield Gather(flows)
    for each in found:
        if isinstance(each, DownloadError):
            raise each
    return [path for path in found if isinstance(path, Path)]


def _saved(
    context: Context, each: Chosen, path: Path, save: Save
) -> Flow[Path | DownloadError | None]:
    """Return where a file was saved, or why not; None for what may be no file."""
    try:
        yield from save(context.gateway, each.file, path)
    except DownloadError as error:
        return error if each.certain else None
    return path


def _part(text: str) -> str:
    """Return a text as part of a file's name."""
    return safe_name(_SEPARATORS.sub("_", text))


def _distinct(key: str) -> str:
    """Return a key as part of a file's name; those of two keys are never alike."""
    name = _part(key)
    return name if name == key else f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
