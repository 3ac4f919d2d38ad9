"""File names: safe on any system, and those of an output after the keys they stand under."""

from __future__ import annotations

import os
import re
from typing import Iterable

from .wire import Keys

_FORMAT = re.compile(r"[A-Za-z0-9]{1,10}")  # some formats read like video/h264-mp4
_FOLDERS = re.compile(r"[/\\]")
# What systems refuse; and what a terminal obeys, or what turns a name around or hides a part of
# it: C1, line separators, Unicode's controls of direction, annotation and tags.
_UNSAFE = re.compile(
    r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff'
    r"\ufff9-\ufffb\U000e0000-\U000e007f]"
)
# Names that Windows keeps for devices, whatever the extension.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.I)
_NAME_BYTES = 150  # file systems allow 255, and a suffix is added
_EXTENSION_BYTES = 20


def safe_name(name: str) -> str:
    """Return a file name without folders, devices or characters that a system refuses."""
    plain = name.encode("utf-8", "replace").decode().replace("\\", "/").rpartition("/")[2]
    base = _UNSAFE.sub("_", plain).strip(". ")
    if _RESERVED.fullmatch(base):
        base = f"_{base}"
    stem, extension = os.path.splitext(base)
    if len(extension.encode()) > _EXTENSION_BYTES:
        stem, extension = base, ""  # a dot in a sentence, say
    room = _NAME_BYTES - len(extension.encode())
    return stem.encode()[:room].decode("utf-8", "ignore").rstrip(". ") + extension or "output"


def expanded(path: str | os.PathLike[str]) -> str:
    """Return a path that a caller gave, with the home for `~`; as it stands if there is none."""
    text = os.fsdecode(path)
    try:
        return os.path.expanduser(text)
    except ValueError:  # no user's name, with a null in it
        return text


def file_names(files: Iterable[tuple[Keys, str]], prefix: str = "") -> list[str]:
    """Return a safe name for each file's keys and extension: `style-ref-1.jpg`.

    No two are alike, also where a file system takes `A.png` and `a.png` for the same.
    """
    names: list[str] = []
    taken: set[str] = set()
    for keys, extension in files:
        stem = safe_name(_FOLDERS.sub("_", prefix + "-".join(map(str, keys))))
        name, number = f"{stem}{extension}", 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}{extension}"
        taken.add(name.casefold())
        names.append(name)
    return names


def extension_of(format: str | None, filename: str) -> str:
    """Return a file's extension with its dot: of the format that was told, or else of its name."""
    if format and _FORMAT.fullmatch(format):
        return f".{format.lower()}"
    return os.path.splitext(filename)[1].lower()
