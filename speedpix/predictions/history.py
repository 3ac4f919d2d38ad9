"""Remember the runs that were submitted: in memory, or in a file that outlives the process."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, Protocol
from weakref import ReferenceType, ref

from attrs import evolve, frozen

from ..constants import HISTORY_LIMIT, HISTORY_PATIENCE, REMEMBERED_PREDICTIONS
from ..exceptions import HistoryError
from ..gateway.settings import Settings
from ..logs import logger
from ..values.prediction import Prediction

if TYPE_CHECKING:
    import sqlite3

# Written into each file, to tell a later layout from this one.
_VERSION = 1
# WAL: readers and a writer do not wait for each other. Several processes may come here at once.
_SCHEMA = f"""
PRAGMA journal_mode = WAL;
CREATE TABLE IF NOT EXISTS runs (
    record INTEGER PRIMARY KEY AUTOINCREMENT,
    endpoint TEXT NOT NULL,
    app_key TEXT NOT NULL,
    prediction_id TEXT NOT NULL,
    workflow_id TEXT,
    submitted_at REAL,
    status TEXT,
    error TEXT,
    error_code TEXT,
    invoke_id TEXT,
    input_digest TEXT,
    input TEXT
);
CREATE INDEX IF NOT EXISTS runs_by_prediction ON runs (prediction_id);
PRAGMA user_version = {_VERSION};
"""


class History(Protocol):
    """Where submitted runs are remembered."""

    def add(self, prediction: Prediction) -> None:
        """Record a run that is about to be submitted, and has no id yet.

        Raises:
            HistoryError: it can't be recorded; so it must not be submitted.
        """

    def update(self, prediction: Prediction) -> None:
        """Record a run's id and state; a failure to do so is logged, as the run goes on."""

    def remove(self, prediction: Prediction) -> None:
        """Forget a run that certainly was not started."""

    @property
    def blocks(self) -> bool:
        """Return whether the above take time, so that an event loop must not do them."""

    def newest_first(self) -> list[Prediction]:
        """Return the runs on record, without their connection to a client.

        Raises:
            HistoryError: the record can't be read.
        """


class MemoryHistory:
    """The last runs of one client: themselves while they are in use, else their state.

    Inputs and outputs are not kept for it, as they may be large: `wait` gives the output anew.
    """

    blocks = False

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count()
        self._runs: OrderedDict[int | None, tuple[ReferenceType[Prediction], Prediction]] = (
            OrderedDict()
        )

    def add(self, prediction: Prediction) -> None:
        """Record a run that is about to be submitted."""
        with self._lock:
            prediction.record = next(self._numbers)
            self._runs[prediction.record] = (ref(prediction), _state(prediction))
            if len(self._runs) > REMEMBERED_PREDICTIONS:
                self._runs.popitem(last=False)

    def update(self, prediction: Prediction) -> None:
        """Record a run's id and state."""
        with self._lock:
            if prediction.record in self._runs:
                self._runs[prediction.record] = (ref(prediction), _state(prediction))

    def remove(self, prediction: Prediction) -> None:
        """Forget a run that certainly was not started."""
        with self._lock:
            self._runs.pop(prediction.record, None)

    def newest_first(self) -> list[Prediction]:
        """Return the runs on record."""
        with self._lock:
            return [live() or state for live, state in reversed(self._runs.values())]


def _state(prediction: Prediction) -> Prediction:
    return evolve(prediction, input=None, output=None, temp_files=(), info=None, parameters=None)


@frozen
class FileHistory:
    """Runs in an SQLite file that many processes and threads may share.

    A connection lives for one operation, so that nothing is shared between threads or forks.
    Neither a secret nor, unless `keep_input`, what a run was given is written.
    """

    path: Path
    endpoint: str
    app_key: str
    keep_input: bool = False

    @property
    def blocks(self) -> bool:
        """Return True: a file is written."""
        return True

    def add(self, prediction: Prediction) -> None:
        """Record a run that is about to be submitted."""
        content = json.dumps(prediction.input, ensure_ascii=False, sort_keys=True)
        with self._connected() as connection:
            prediction.record = connection.execute(
                "INSERT INTO runs (endpoint, app_key, prediction_id, workflow_id, submitted_at,"
                " status, input_digest, input) VALUES (?, ?, '', ?, ?, ?, ?, ?)",
                (
                    self.endpoint,
                    self.app_key,
                    prediction.workflow_id,
                    prediction.submitted_at,
                    prediction.status,
                    hashlib.sha256(content.encode()).hexdigest(),
                    content if self.keep_input else None,
                ),
            ).lastrowid
            connection.execute(
                "DELETE FROM runs WHERE record <= ? - ?", (prediction.record, HISTORY_LIMIT)
            )

    def update(self, prediction: Prediction) -> None:
        """Record a run's id and state."""
        try:
            with self._connected() as connection:
                connection.execute(
                    "UPDATE runs SET prediction_id = ?, status = ?, error = ?, error_code = ?,"
                    " invoke_id = ? WHERE endpoint = ? AND app_key = ?"
                    " AND (record = ? OR prediction_id = ?)",
                    (
                        prediction.id,
                        prediction.status,
                        prediction.error,
                        prediction.error_code,
                        prediction.invoke_id,
                        self.endpoint,
                        self.app_key,
                        prediction.record,
                        prediction.id or None,
                    ),
                )
        except HistoryError as error:
            logger.warning("prediction %s: %s", prediction.id, error)

    def remove(self, prediction: Prediction) -> None:
        """Forget a run that certainly was not started."""
        try:
            with self._connected() as connection:
                connection.execute("DELETE FROM runs WHERE record = ?", (prediction.record,))
        except HistoryError as error:
            logger.warning("%s", error)

    def newest_first(self) -> list[Prediction]:
        """Return the newest runs on record, of this endpoint and app key."""
        with self._connected() as connection:
            rows = connection.execute(
                "SELECT record, prediction_id, workflow_id, submitted_at, status, error,"
                " error_code, invoke_id, input FROM runs WHERE endpoint = ? AND app_key = ?"
                " ORDER BY record DESC LIMIT ?",
                (self.endpoint, self.app_key, REMEMBERED_PREDICTIONS),
            ).fetchall()
        return [
            Prediction(
                id=row["prediction_id"],
                workflow_id=row["workflow_id"],
                submitted_at=row["submitted_at"],
                status=row["status"],
                error=row["error"],
                error_code=row["error_code"],
                invoke_id=row["invoke_id"],
                input=json.loads(row["input"]) if row["input"] else None,
                record=row["record"],
            )
            for row in rows
        ]

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """Open the file, commit what is done in the block, and close it."""
        import sqlite3

        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(str(self.path), timeout=HISTORY_PATIENCE)) as connection:
                connection.row_factory = sqlite3.Row
                # A commit survives the death of the process without waiting for the disk.
                connection.execute("PRAGMA synchronous = NORMAL")
                if not connection.execute("PRAGMA user_version").fetchone()[0]:
                    connection.executescript(_SCHEMA)
                with connection:
                    yield connection
        except (sqlite3.Error, OSError, ValueError) as error:
            message = (
                f"the history {str(self.path)!r} can't be used: {error}; "
                "give another history=… or SPEEDPIX_HISTORY, or none"
            )
            raise HistoryError(message) from error


def history_of(settings: Settings) -> History:
    """Return the history that a client's settings ask for."""
    if settings.history is None:
        return MemoryHistory()
    return FileHistory(
        settings.history, settings.endpoint, settings.app_key, settings.history_keeps_input
    )
