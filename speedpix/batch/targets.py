"""Where the files of an item are saved: `out/{key}.{ext}`."""

from __future__ import annotations

import hashlib
import os
import re
import string
import uuid
from pathlib import Path
from typing import Sequence

from attrs import frozen

from ..constants import PROBE_SIZE
from ..exceptions import DownloadError, InputError
from ..files.selection import Chosen
from ..values.file_output import extension
from ..values.names import safe_name
from .items import Looked

_FIELDS = ("key", "index", "field", "stem", "ext")
_IN_FOLDER = "{key}.{ext}"
_SEPARATORS = re.compile(r"[/\\]")


def probe(folder: Path) -> None:
    """Make a folder, and raise DownloadError unless files can be written there."""
    name = folder / f".speedpix-{uuid.uuid4().hex[:8]}.probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with name.open("xb") as stream:
                stream.write(bytes(PROBE_SIZE))
        finally:
            if name.exists():
                name.unlink()
    except OSError as error:
        message = f"{str(folder)!r} can't be written: {error}"
        raise DownloadError(message) from error


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

    def probe(self) -> None:
        """Raise DownloadError unless files can be written there: before anything is paid."""
        probe(self.folder)


def targets_of(save_to: str | os.PathLike[str]) -> Targets:
    """Return the template that a caller gives, which may also be a folder.

    Raises:
        InputError: it is none.
    """
    template = os.path.expanduser(os.fspath(save_to))
    try:
        names = [name for _, name, _, _ in string.Formatter().parse(template) if name is not None]
        template.format_map({**dict.fromkeys(_FIELDS, ""), "index": 0})
    except (ValueError, LookupError, AttributeError) as error:
        message = (
            f"save_to {template!r}: its fields are {{key}} {{index}} {{field}} {{stem}} {{ext}}"
        )
        raise InputError(message) from error
    if not names:
        template = os.path.join(template.replace("{", "{{").replace("}", "}}"), _IN_FOLDER)
    return Targets(template)


def _part(text: str) -> str:
    """Return a text as part of a file's name."""
    return safe_name(_SEPARATORS.sub("_", text))


def _distinct(key: str) -> str:
    """Return a key as part of a file's name; those of two keys are never alike."""
    name = _part(key)
    return name if name == key else f"{name}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"
