"""What is known of each item of a batch, in an SQLite file that outlives the process.

An item is written as `submitting` before a byte of its submit is sent, and with its run's id once
that is known. So whatever happens to the process, no run is paid for twice: what is found as
`submitting` later may or may not have been started.
"""

# ruff: noqa: S608 (the names of its own columns are put into statements, and nothing else)
from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Collection, Iterator, Sequence
from weakref import finalize

from ...constants import MANIFEST_CHECKPOINT, MANIFEST_ID, MANIFEST_PAGE
from ...exceptions import BatchInUseError, ManifestError
from ...forks import ForkAware, leave
from .entry import (
    SUBMITTING,
    UNKNOWN,
    Entry,
    FileState,
    entry_of,
    interrupted,
    number_of,
    row_of,
    stored,
)
from .met import Met

_VERSION = 3
_SCHEMA = f"""
CREATE TABLE items (
    key PRIMARY KEY NOT NULL,
    digest BLOB,
    state INTEGER NOT NULL,
    position INTEGER NOT NULL,
    call INTEGER NOT NULL,
    made INTEGER NOT NULL,
    prediction_id TEXT,
    submitted_at REAL,
    seconds REAL,
    output TEXT,
    saved TEXT,
    error TEXT,
    photo TEXT
);
CREATE TABLE met (block INTEGER PRIMARY KEY, bits BLOB NOT NULL);
CREATE TABLE repeats (position INTEGER PRIMARY KEY, key NOT NULL);
CREATE TABLE refused AS SELECT * FROM items;
CREATE UNIQUE INDEX refused_position ON refused (position);
CREATE TABLE files (
    path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime INTEGER NOT NULL, sha256 TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE calls (call INTEGER PRIMARY KEY);
PRAGMA application_id = {MANIFEST_ID};
PRAGMA user_version = {_VERSION};
"""

_KEPT = Entry._fields[:-1]
_COLUMNS = ", ".join((*_KEPT, "items.rowid"))
_PUT = (
    f"INSERT INTO items ({', '.join(_KEPT)}) VALUES ({', '.join('?' * len(_KEPT))})"
    f" ON CONFLICT (key) DO UPDATE SET {', '.join(f'{name} = excluded.{name}' for name in _KEPT)}"
)
# A row's number goes to another item only once its own is removed, which was met by no bit.
_MOVE = "UPDATE items SET position = ?, call = ? WHERE rowid = ?"
_MEET = "INSERT OR REPLACE INTO met VALUES (?, ?)"
_REPEAT = "INSERT OR REPLACE INTO repeats VALUES (?, ?)"
_REFUSE = f"INSERT OR REPLACE INTO refused VALUES ({', '.join('?' * len(_KEPT))})"
_REMEMBER = "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?)"
_REMOVE = "DELETE FROM items WHERE key = ?"


class Manifest(ForkAware):
    """The items of one batch, driven by one process at a time.

    Writes are collected until a commit succeeds; each could be done twice. A commit survives the
    death of the process, without waiting for the disk. A report commits, too, in any thread.
    """

    def __init__(
        self, connection: sqlite3.Connection, call: int = 0, path: Path | None = None
    ) -> None:
        self._connection = connection
        self._path = path
        if path is None:  # it is left to whoever asks for reports
            finalize(self, connection.close)
        self._lock = threading.RLock()  # files are looked up, and reports read, by other threads
        self._writes: list[tuple[str, tuple[Any, ...]]] = []  # and their values
        self._expected: dict[str, Entry | None] = {}  # read, and not asked for yet
        self._row: int | None = 0  # the last row that was asked for; None after unknown items
        self._met = Met(connection.execute("SELECT block, bits FROM met"))
        self.call = call
        super().__init__()

    def after_fork_in_child(self) -> None:
        """Leave a file, and what is still to be written to it, to the parent."""
        self._lock = threading.RLock()
        if self._path is not None:
            leave(self._connection)
            self._connection = sqlite3.connect(":memory:")
            self._writes.clear()

    def expect(self, keys: Collection[str]) -> None:
        """Read at once what is known of items that are asked for next.

        Most come in the order in which their rows were written: those are read as they lie.
        """
        found: dict[str, Entry] = {}
        if self._row is not None:
            next_rows = "WHERE items.rowid > ? ORDER BY items.rowid LIMIT ?"
            found = {each.key: each for each in self._read(next_rows, (self._row, len(keys)))}
        others = [stored(key) for key in keys if key not in found]
        if others:
            named = self._read(f"WHERE key IN ({', '.join('?' * len(others))})", others)
            found.update((each.key, each) for each in named)
        self._expected = {key: found.get(key) for key in keys}
        self._row = max((each.row for each in self._expected.values() if each), default=None)

    def get(self, key: str) -> Entry | None:
        """Return what is known of an item."""
        if key in self._expected:
            return self._expected.pop(key)
        return next(iter(self._read("WHERE key = ?", (stored(key),))), None)

    def put(self, entry: Entry) -> None:
        """Write what is known of an item."""
        self._expected.pop(entry.key, None)
        self._writes.append((_PUT, row_of(entry)))

    def remove(self, key: str) -> None:
        """Forget an item."""
        self._expected.pop(key, None)
        self._writes.append((_REMOVE, (stored(key),)))

    def meet(self, entry: Entry, position: int) -> None:
        """Record that this call met an item that is known, and where."""
        if entry.call == self.call:
            self.repeat(entry.key, position)
        elif entry.position == position:
            with self._lock:
                self._met.add(entry.row)
        else:
            self._writes.append((_MOVE, (position, self.call, entry.row)))

    def repeat(self, key: str, position: int) -> None:
        """Record a further place at which this call met an item."""
        self._writes.append((_REPEAT, (position, stored(key))))

    def refuse(self, entry: Entry) -> None:
        """Record an item that this call did not run, as another has its key or its files."""
        self._writes.append((_REFUSE, row_of(entry)))

    def sha256(self, state: FileState) -> str | None:
        """Return the digest of a file that was not touched since it was remembered."""
        with self._guarded() as connection:
            row = connection.execute(
                "SELECT sha256 FROM files WHERE path = ? AND size = ? AND mtime = ?", state
            ).fetchone()
        return None if row is None else str(row[0])

    def remember(self, state: FileState, sha256: str) -> None:
        """Record the digest of a file."""
        self._writes.append((_REMEMBER, (*state, sha256)))

    def commit(self) -> None:
        """Bring what was written to where the death of the process does not reach it."""
        with self._guarded() as connection:
            self._writes.extend((_MEET, block) for block in self._met.changes())
            writes = self._writes[:]  # more may come meanwhile
            if writes:
                connection.execute("BEGIN")
                for statement, values in writes:
                    connection.execute(statement, values)
                connection.execute("COMMIT")
                del self._writes[: len(writes)]

    def met(self) -> Iterator[Entry]:
        """Return the items that the last call met, in the order of the inputs."""
        self.commit()
        with self._guarded() as connection:
            rows = connection.execute(
                f"SELECT {_COLUMNS} FROM items UNION ALL "
                f"SELECT items.key, digest, state, repeats.position, "
                f"{_COLUMNS.partition('position, ')[2]} FROM repeats JOIN items USING (key)"
                f" UNION ALL SELECT {', '.join(_KEPT)}, 0 FROM refused ORDER BY 4",
            )
        return (entry for entry in map(self._entry, rows) if entry.call == self.call)

    def close(self) -> None:
        """Write what is left, and let another process drive the batch."""
        try:
            self.commit()
        finally:
            self._connection.close()

    def _read(self, where: str, values: Collection[object]) -> list[Entry]:
        self.commit()
        with self._guarded() as connection:
            statement = f"SELECT {_COLUMNS} FROM items {where}"
            return list(map(self._entry, connection.execute(statement, tuple(values))))

    def _entry(self, row: Sequence[Any]) -> Entry:
        return entry_of(row, self.call if row[-1] in self._met else None)

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                yield self._connection
            except BaseException as error:  # an interrupt, too, must leave no transaction open
                with suppress(sqlite3.Error):  # the disk fails, or all is closed
                    self._connection.rollback()
                if not isinstance(error, sqlite3.Error):
                    raise
                message = f"the manifest can't be used: {error}"
                raise ManifestError(message) from error


def open_manifest(path: Path | None) -> Manifest:
    """Return the manifest at a path, or one in memory, for a new call that alone drives it.

    Raises:
        BatchInUseError: another process drives it, or another call of this one.
        ManifestError: it can't be used, or is something else.
    """
    connection = _connected(path)
    try:
        with _explained(path):
            _prepare(connection)
            connection.execute("BEGIN IMMEDIATE")
            unsure = connection.execute(
                "SELECT ?, submitted_at, key FROM items WHERE state = ?",
                (number_of(UNKNOWN), number_of(SUBMITTING)),
            )
            connection.executemany(
                "UPDATE items SET state = ?, error = ? WHERE key = ?",
                [(state, interrupted(at), key) for state, at, key in unsure],
            )
            for table in ("repeats", "refused", "met"):  # what the call before this met
                connection.execute(f"DELETE FROM {table}")
            call = connection.execute("INSERT INTO calls DEFAULT VALUES").lastrowid
            connection.execute("DELETE FROM calls WHERE call < ?", (call,))
            connection.execute("COMMIT")
            return Manifest(connection, call or 0, path)
    except BaseException:
        connection.close()
        raise


def read_manifest(path: Path | None) -> Manifest | None:
    """Return the manifest at a path to read in it; None where there is none."""
    if path is None or not path.exists():
        return None
    connection = _connected(path)
    try:
        with _explained(path):
            _check(connection)
            call = connection.execute("SELECT max(call) FROM calls").fetchone()[0]
            return Manifest(connection, call or 0, path)
    except BaseException:
        connection.close()
        raise


def _connected(path: Path | None) -> sqlite3.Connection:
    with _explained(path):
        if path is None:
            name = ":memory:"
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            # It names the user's own photos and products.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            name = str(path)
        return sqlite3.connect(name, timeout=0, isolation_level=None, check_same_thread=False)


def _prepare(connection: sqlite3.Connection) -> None:
    # The kernel's lock on the file is held until the process closes it, or dies.
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    if not connection.execute("PRAGMA schema_version").fetchone()[0]:
        connection.execute(f"PRAGMA page_size = {MANIFEST_PAGE}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(f"BEGIN IMMEDIATE; {_SCHEMA} COMMIT;")
    _check(connection)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {MANIFEST_CHECKPOINT}")


def _check(connection: sqlite3.Connection) -> None:
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if application != MANIFEST_ID:
        message = "it is the database of another program"
        raise ValueError(message)
    if version != _VERSION:
        message = f"it has version {version}, and this speedpix knows {_VERSION}"
        raise ValueError(message)


@contextmanager
def _explained(path: Path | None) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError, ValueError) as error:
        what = f"the manifest {str(path)!r}"
        if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
            message = f"{what} is in use: another process, or another call, drives this batch"
            raise BatchInUseError(message) from error
        message = f"{what} can't be used: {error}; give another manifest=…"
        raise ManifestError(message) from error
