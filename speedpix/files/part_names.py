"""Files that are being fetched into, by name: each locked while its process lives.

Names are used where a file system has no nameless files, and for the moment in which a file
replaces another. A process that is killed leaves its file behind, but no lock: whoever needs a
name in the same folder next removes it.
"""

from __future__ import annotations

import os
import uuid
from contextlib import suppress
from pathlib import Path
from typing import IO, BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where an open file can't be removed
    fcntl = None  # type: ignore[assignment]

_PREFIX, _SUFFIX = ".speedpix-", ".part"


def new_name(folder: Path) -> Path:
    """Return a name in a folder that nothing else has, and remove what the dead have left there."""
    _sweep(folder)
    return folder / f"{_PREFIX}{uuid.uuid4().hex}{_SUFFIX}"


def named_part(folder: Path) -> tuple[BinaryIO, Path]:
    """Open a new file for writing, and lock it."""
    while True:
        path = new_name(folder)
        stream = path.open("xb", buffering=0)
        try:
            mine = locked(stream)
        except OSError:  # a file system without locks, where nothing is swept either
            mine = True
        if mine and path.exists():
            return stream, path
        stream.close()  # another process swept it before it was locked


def locked(stream: IO[bytes]) -> bool:
    """Lock a file until it is closed; tell whether nobody else had.

    Raises:
        OSError: the file system has no locks.
    """
    if fcntl is None:
        return True
    try:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sweep(folder: Path) -> None:
    """Remove the files of processes that are no more."""
    found: list[str] = []
    with suppress(OSError), os.scandir(folder) as entries:  # one may write where one may not look
        found = [
            entry.path
            for entry in entries
            if entry.name.startswith(_PREFIX) and entry.name.endswith(_SUFFIX)
        ]
    for path in found:
        with suppress(OSError), open(path, "rb") as stream:
            if fcntl is None:
                stream.close()
            if locked(stream):
                os.unlink(path)
