"""The SQLite file behind a history: made, recognised, and kept open."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator
from weakref import finalize

from ...constants import FORK_PATIENCE, HISTORY_PATIENCE, HISTORY_RETRY
from ...exceptions import HistoryError
from ...forks import ForkAware, leave

if TYPE_CHECKING:
    import sqlite3

# Written into each file, to tell a later layout from this one; the first had no labels.
_VERSION = 2
_COLUMNS = {
    "record": "INTEGER PRIMARY KEY AUTOINCREMENT",
    "endpoint": "TEXT NOT NULL",
    "app_key": "TEXT NOT NULL",
    "prediction_id": "TEXT NOT NULL",
    "workflow_id": "TEXT",
    "submitted_at": "REAL",
    "status": "TEXT",
    "error": "TEXT",
    "error_code": "TEXT",
    "invoke_id": "TEXT",
    "input_digest": "TEXT",
    "input": "TEXT",
    "label": "TEXT",
}
# One transaction, so that nobody meets half of it. Several processes may come here at once.
_SCHEMA = f"""
BEGIN IMMEDIATE;
CREATE TABLE IF NOT EXISTS runs (
    {", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())}
);
CREATE INDEX IF NOT EXISTS runs_by_prediction ON runs (prediction_id);
PRAGMA user_version = {_VERSION};
COMMIT;
"""
_EMPTY: tuple[int, frozenset[str]] = (0, frozenset())


class Database(ForkAware):
    """An SQLite file with a table `runs`, one connection to it, shared by threads.

    The connection stays open, as opening and closing take ten times as long as a change.
    """

    def __init__(self, path: Path) -> None:
        self._given = path
        try:
            self._path = Path(os.path.abspath(path))  # the same after a change of directory
        except OSError as error:  # there is no directory any more
            raise self._unusable(str(error)) from error
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._closing: Any = None
        self._file: tuple[int, int] | None = None
        self._held = False
        super().__init__()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Lend the connection, and commit what is done in the block.

        Raises:
            HistoryError: the file can't be used, or is no history.
        """
        import sqlite3

        with self._lock:
            try:
                connection = self._opened()
                with connection:
                    yield connection
            except (sqlite3.Error, OSError, ValueError) as error:
                self._close()
                raise self._unusable(str(error)) from error
            except BaseException:
                self._close()
                raise

    def close(self) -> None:
        """Close the connection; the next transaction opens another."""
        with self._lock:
            self._close()

    def before_fork(self) -> None:
        """Close the connection, and keep it closed until the fork is done."""
        self._held = self._lock.acquire(timeout=FORK_PATIENCE)
        if self._held:
            self._close()

    def after_fork_in_parent(self) -> None:
        """Let the connection be opened again."""
        if self._held:
            self._held = False
            self._lock.release()

    def after_fork_in_child(self) -> None:
        """Leave a connection that was in use to the parent, and begin anew."""
        if self._connection is not None:
            self._closing.detach()
            leave(self._connection)
            self._connection = None
        self._lock = threading.Lock()

    def _opened(self) -> sqlite3.Connection:
        """Return the connection, another one if the file was replaced or removed."""
        if self._connection is not None and self._file == _identity(self._path):
            return self._connection
        import sqlite3

        self._close()
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._path.exists():
            _create(self._path)
        connection = sqlite3.connect(
            str(self._path), timeout=HISTORY_PATIENCE, check_same_thread=False
        )
        self._connection, self._closing = connection, finalize(self, connection.close)
        connection.row_factory = sqlite3.Row
        connection.text_factory = _text
        self._recognise(connection)
        # A commit survives the death of the process without waiting for the disk.
        connection.execute("PRAGMA synchronous = NORMAL")
        self._file = _identity(self._path)
        return connection

    def _close(self) -> None:
        if self._connection is not None:
            self._closing()
            self._connection = None

    def _recognise(self, connection: sqlite3.Connection) -> None:
        """Make the table in an empty file; refuse one that is no history, unchanged."""
        layout = _layout(connection)
        if layout == _EMPTY:
            _make_patiently(connection)
            layout = _layout(connection)
        if layout == (1, frozenset(_COLUMNS) - {"label"}):
            _add_labels(connection)
            layout = _layout(connection)
        version, columns = layout
        if not version or not set(_COLUMNS) <= columns:
            reason = "it is the database of another program"
            raise self._unusable(reason)
        if version > _VERSION:
            reason = "a later version of speedpix has written it; install that version"
            raise self._unusable(reason)

    def _unusable(self, reason: str) -> HistoryError:
        return HistoryError(
            f"the history {str(self._given)!r} can't be used: {reason}; "
            "give another history=… or SPEEDPIX_HISTORY, or none"
        )


def _create(path: Path) -> None:
    """Create an empty file, which only its owner may read: it tells what runs were made."""
    with suppress(FileExistsError):  # another process may be faster
        # Opened only if it is new: closing a file that is open elsewhere in the process would
        # take SQLite's locks on it away.
        os.close(os.open(str(path), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(str(path))
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _layout(connection: sqlite3.Connection) -> tuple[int, frozenset[str]]:
    """Return the number of a file's layout, and the columns of its runs, or its other tables."""
    connection.execute("BEGIN")  # what is read belongs together, whatever others write meanwhile
    try:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        columns = connection.execute("PRAGMA table_info(runs)").fetchall()
        found = columns or connection.execute("SELECT name FROM sqlite_master").fetchall()
    finally:
        connection.rollback()
    return version, frozenset(row["name"] for row in found)


def _add_labels(connection: sqlite3.Connection) -> None:
    """Bring the first layout up to date, unless another process has just done so."""
    connection.execute("BEGIN IMMEDIATE")
    with connection:
        if connection.execute("PRAGMA user_version").fetchone()[0] == 1:
            connection.execute("ALTER TABLE runs ADD COLUMN label TEXT")
            connection.execute(f"PRAGMA user_version = {_VERSION}")


def _make(connection: sqlite3.Connection) -> None:
    # WAL: readers and a writer do not wait for each other.
    connection.execute("PRAGMA journal_mode = WAL")
    if _layout(connection) == _EMPTY:
        connection.executescript(_SCHEMA)


def _make_patiently(connection: sqlite3.Connection) -> None:
    """Make the table; try again where SQLite, against its timeout, does not wait for others."""
    import sqlite3

    end = time.monotonic() + HISTORY_PATIENCE
    while True:
        try:
            _make(connection)
        except sqlite3.OperationalError as error:
            if connection.in_transaction:
                connection.rollback()
            if "locked" not in str(error) or time.monotonic() > end:
                raise
        else:
            return
        time.sleep(HISTORY_RETRY)


def _text(raw: bytes) -> str | bytes:
    """Return a text, or, of one that is damaged, its bytes."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw
