"""Runs remembered in an SQLite file, which outlives the process."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import Factory, field, frozen

from ...constants import HISTORY_LIMIT, REMEMBERED_PREDICTIONS
from ...exceptions import HistoryError
from ...logs import logger
from ...values.prediction import Prediction, Record, name_of
from .database import Database

if TYPE_CHECKING:
    import sqlite3


@frozen(eq=False)
class FileHistory:
    """Runs in an SQLite file that many processes and threads may share.

    Neither a secret nor, unless `keep_input`, what a run was given is written.
    """

    path: Path
    endpoint: str
    app_key: str
    keep_input: bool = False
    _database: Database = field(
        default=Factory(lambda self: Database(self.path), takes_self=True), init=False
    )
    blocks = True

    def add(self, prediction: Prediction) -> None:
        content = json.dumps(prediction.input, ensure_ascii=False, sort_keys=True)
        with self._database.transaction() as connection:
            number = connection.execute(
                "INSERT INTO runs (endpoint, app_key, prediction_id, workflow_id, submitted_at,"
                " status, input_digest, input, label) VALUES (?, ?, '', ?, ?, ?, ?, ?, ?)",
                (
                    self.endpoint,
                    self.app_key,
                    prediction.workflow_id,
                    prediction.submitted_at,
                    prediction.status,
                    hashlib.sha256(content.encode()).hexdigest(),
                    content if self.keep_input else None,
                    prediction.label,
                ),
            ).lastrowid
            connection.execute("DELETE FROM runs WHERE record <= ? - ?", (number, HISTORY_LIMIT))
        prediction.record = None if number is None else Record(number)

    def update(self, prediction: Prediction) -> None:
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    "UPDATE runs SET prediction_id = ?, status = ?, error = ?, error_code = ?,"
                    " invoke_id = ? WHERE endpoint = ? AND app_key = ?"
                    # A row that has an id is that run's, whatever number it has.
                    " AND ((record = ? AND prediction_id = '') OR prediction_id = ?)",
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
            logger.warning("%s: %s", name_of(prediction), error)

    def remove(self, prediction: Prediction) -> None:
        try:
            with self._database.transaction() as connection:
                connection.execute(
                    "DELETE FROM runs WHERE record = ? AND prediction_id = ''",
                    (prediction.record,),
                )
        except HistoryError as error:
            logger.warning("%s", error)

    def newest_first(self) -> list[Prediction]:
        """Return the newest runs on record, of this endpoint and app key."""
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT record, prediction_id, workflow_id, submitted_at, status, error,"
                " error_code, invoke_id, input, label FROM runs WHERE endpoint = ? AND app_key = ?"
                " ORDER BY record DESC LIMIT ?",
                (self.endpoint, self.app_key, REMEMBERED_PREDICTIONS),
            ).fetchall()
        found = [self._run(row) for row in rows]
        return [each for each in found if each is not None]

    def close(self) -> None:
        """Close the file until it is used again."""
        self._database.close()

    def _run(self, row: sqlite3.Row) -> Prediction | None:
        """Return the run in a row; None for one that is damaged, which hides no other."""
        try:
            return Prediction(
                id=_text(row["prediction_id"]) or "",
                workflow_id=_text(row["workflow_id"]),
                submitted_at=None if row["submitted_at"] is None else float(row["submitted_at"]),
                status=_text(row["status"]),
                error=_text(row["error"]),
                error_code=_text(row["error_code"]),
                invoke_id=_text(row["invoke_id"]),
                input=_input(row["input"]),
                label=_text(row["label"]),
                record=Record(row["record"]),
            )
        except (ValueError, TypeError) as error:
            logger.warning(
                "the history %r: record %s is damaged, and left out: %s",
                str(self.path),
                row["record"],
                error,
            )
            return None


def _text(value: object) -> str | None:
    if not (value is None or isinstance(value, str)):
        message = f"{type(value).__name__} in place of a text"
        raise TypeError(message)
    return value


def _input(value: object) -> dict[str, Any] | None:
    found = json.loads(_text(value) or "null")
    if not (found is None or isinstance(found, dict)):
        message = "its input is no JSON object"
        raise TypeError(message)
    return found
