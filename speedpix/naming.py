"""Name the files of an output after the keys that they stand under."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Iterable

from .downloads import safe_name

if TYPE_CHECKING:
    from .file_outputs import FileOutput
    from .origins import Keys

_FORMAT = re.compile(r"[A-Za-z0-9]{1,10}")  # some formats read like video/h264-mp4
_FOLDERS = re.compile(r"[/\\]")


def file_names(files: Iterable[tuple[Keys, FileOutput]]) -> list[str]:
    """Return a safe name for each file, `style-ref-1.jpg` for `output["style"]["ref"][1]`.

    No two are alike, also where a file system takes `A.png` and `a.png` for the same.
    """
    names: list[str] = []
    taken: set[str] = set()
    for keys, file in files:
        stem = safe_name(_FOLDERS.sub("_", "-".join(map(str, keys))))
        name, number = f"{stem}{extension(file)}", 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}{extension(file)}"
        taken.add(name.casefold())
        names.append(name)
    return names


def extension(file: FileOutput) -> str:
    """Return a file's extension with its dot: the format that the service told, or its name's."""
    if file.format and _FORMAT.fullmatch(file.format):
        return f".{file.format.lower()}"
    return os.path.splitext(file.filename)[1].lower()
