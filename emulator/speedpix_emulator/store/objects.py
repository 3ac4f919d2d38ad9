"""The object store: files in a directory, with their checksums."""

from __future__ import annotations

import builtins
import gzip
import os
import re
import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from attrs import define, field, frozen

from ..clock import Clock
from ..limits import OBJECT_BYTES
from .checksums import Checksums
from .errors import StoreError

if TYPE_CHECKING:
    from typing_extensions import Self

UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\]+")
LONGEST_NAME = 120
"""Characters of a file name kept in its key: file systems allow 255 bytes."""


@frozen
class StoredObject:
    """One object: its key, its file, its type and checksums. `modified` in epoch seconds."""

    key: str
    file: Path
    content_type: str
    size: int
    md5: str
    crc64: int
    modified: float


class ObjectStore:
    """Objects by key, each in a file of its own under one directory."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._objects: dict[str, StoredObject] = {}
        self._lock = threading.Lock()

    def new_key(self, folder: str, filename: str) -> str:
        """Return a key that nothing else has, ending in the file's name made safe."""
        name = filename.encode("utf-8", "replace").decode()
        name = UNSAFE.sub("_", name).strip(". ")[-LONGEST_NAME:] or "file"
        return f"{folder}/{secrets.token_hex(12)}/{name}"

    def writer(self, key: str, content_type: str) -> ObjectWriter:
        """Return a writer for the object; it appears, whole, when the writer is committed."""
        return ObjectWriter(self, key, content_type, self._directory / secrets.token_hex(16))

    def put(self, key: str, content_type: str, content: bytes) -> StoredObject:
        with self.writer(key, content_type) as writer:
            writer.write(content)
            return writer.commit()

    def compressed(self, stored: StoredObject) -> StoredObject:
        """Return an object as it would be, had it been stored compressed."""
        key = f"{stored.key}.gz"
        content = gzip.compress(stored.file.read_bytes(), mtime=0)
        return self.get(key) or self.put(key, stored.content_type, content)

    def get(self, key: str) -> StoredObject | None:
        """Return the object; None if there is none."""
        with self._lock:
            return self._objects.get(key)

    def list(self) -> builtins.list[StoredObject]:
        """Return all objects, oldest first."""
        with self._lock:
            return list(self._objects.values())

    def now(self) -> float:
        """Return the store's time, in epoch seconds."""
        return self._clock.time()

    def replace(self, stored: StoredObject) -> None:
        """Show the object, in place of any other under its key."""
        with self._lock:
            old = self._objects.pop(stored.key, None)
            self._objects[stored.key] = stored
        if old is not None:
            old.file.unlink()


@define
class ObjectWriter:
    """A writer of one object, in pieces; leaving the `with` block uncommitted drops it."""

    _store: ObjectStore
    _key: str
    _content_type: str
    _file: Path
    _checksums: Checksums = field(factory=Checksums)
    _size: int = 0
    _committed: bool = False
    _handle: BinaryIO = field(init=False)

    def __enter__(self) -> Self:
        self._handle = self._file.open("wb")
        return self

    def __exit__(self, *_: object) -> None:
        self._handle.close()
        if not self._committed:
            os.unlink(self._file)

    def write(self, piece: bytes) -> None:
        """Append a piece; StoreError when the object gets too large."""
        self._size += len(piece)
        if self._size > OBJECT_BYTES:
            raise StoreError(400, "EntityTooLarge", "The object exceeds the maximum size.")
        self._checksums.update(piece)
        self._handle.write(piece)

    def commit(self) -> StoredObject:
        """Make the object appear, and return it."""
        self._handle.flush()
        stored = StoredObject(
            key=self._key,
            file=self._file,
            content_type=self._content_type,
            size=self._size,
            md5=self._checksums.md5,
            crc64=self._checksums.crc64,
            modified=self._store.now(),
        )
        self._committed = True
        self._store.replace(stored)
        return stored
