"""Take a download's bytes: in memory, or in a file that is put in place whole or not at all."""

from __future__ import annotations

import os
import uuid
from pathlib import Path
from typing import BinaryIO, Protocol

from ..constants import WRITE_SIZE
from .open_file import OpenFile


class Sink(Protocol):
    """Where a download's bytes go."""

    def write(self, piece: memoryview) -> None:
        """Take the next bytes."""

    def sync(self) -> None:
        """Bring the bytes so far to where they will last; may be called while others are taken."""

    def restart(self) -> None:
        """Forget the bytes so far."""


class Memory:
    """A download in memory."""

    def __init__(self) -> None:
        self.content = bytearray()

    def write(self, piece: memoryview) -> None:
        """Take the next bytes."""
        self.content += piece

    def sync(self) -> None:
        """Do nothing: memory does not last."""

    def restart(self) -> None:
        """Forget the bytes so far."""
        self.content.clear()


class PartFile:
    """A download in a file beside its target, which takes the target's place at the end."""

    def __init__(self, target: Path) -> None:
        self._target = target
        # A name of its own, so that two saves to one target do not write into each other.
        self._part = target.with_name(f".{target.name}.{uuid.uuid4().hex[:8]}.part")
        self._handle = OpenFile(lambda: self._part.open("xb"), self._remove)

    def open(self) -> None:
        """Begin the file, in a folder that is created when it does not exist."""
        self._target.parent.mkdir(parents=True, exist_ok=True)
        self._handle.open()

    def write(self, piece: memoryview) -> None:
        """Take the next bytes."""
        for start in range(0, len(piece), WRITE_SIZE):
            self._handle.stream.write(piece[start : start + WRITE_SIZE])

    def sync(self) -> None:
        """Bring what was written to disk."""
        self._handle.stream.flush()
        os.fsync(self._handle.stream.fileno())

    def restart(self) -> None:
        """Forget the bytes so far."""
        self._handle.stream.seek(0)
        self._handle.stream.truncate()

    def commit(self) -> Path:
        """Put the file in place, durably; return its path."""
        self.sync()
        self._handle.stream.close()
        os.replace(self._part, self._target)
        return self._target

    def discard(self) -> None:
        """Remove what was collected, unless it was put in place."""
        self._handle.close()

    def _remove(self, stream: BinaryIO) -> None:
        stream.close()
        try:
            self._part.unlink()
        except FileNotFoundError:
            return
