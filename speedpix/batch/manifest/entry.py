"""What is known of one item of a batch, and how it is kept."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, NamedTuple, Sequence

from ...constants import DIGEST_SIZE
from ...exceptions import SpeedPixException, SubmitOutcomeUnknownError

SUBMITTING, OPEN, SUCCEEDED = "submitting", "open", "succeeded"
FAILED, UNKNOWN = "failed", "unknown"
_STATES = (SUCCEEDED, OPEN, FAILED, UNKNOWN, SUBMITTING)  # a manifest has their places here


class Entry(NamedTuple):
    """What is known of one item.

    Attributes:
        key: the item's key.
        digest: of what is submitted for it.
        state: `submitting`, `open`, `succeeded`, `failed` or `unknown`.
        position: its index among the inputs.
        call: the number of the call that met it last.
        made: the number of the call that brought it into its state.
        prediction_id: its run's id, once it is known.
        submitted_at: when that was submitted, in seconds since the epoch.
        seconds: from then until it was brought home.
        output: the run's output, as JSON.
        saved: the files that were saved, as JSON.
        error: why it failed, as JSON.
        photo: the path of its first local file.
        row: the number of its row, if it was read from one.
    """

    key: str
    digest: bytes
    state: str
    position: int
    call: int
    made: int
    prediction_id: str | None = None
    submitted_at: float | None = None
    seconds: float | None = None
    output: str | None = None
    saved: str | None = None
    error: str | None = None
    photo: str | None = None
    row: int = 0

    @property
    def has_key(self) -> bool:
        """Tell whether it was given a key, rather than called by its digest."""
        return stored(self.key) != self.digest


class FileState(NamedTuple):
    """A file's path, and what tells that it was not touched since."""

    path: str
    size: int
    mtime: int


def stored(key: str) -> str | bytes:
    """Return a key as it is kept: one that is a digest takes half the bytes so."""
    is_digest = len(key) == 2 * DIGEST_SIZE and not key.strip("0123456789abcdef")
    return bytes.fromhex(key) if is_digest else key


def number_of(state: str) -> int:
    """Return a state as it is kept."""
    return _STATES.index(state)


def row_of(entry: Entry) -> tuple[Any, ...]:
    """Return an item as it is kept; a digest that is its key is not kept twice."""
    key, digest, state, *rest, _ = entry
    kept = stored(key)
    return (kept, None if kept == digest else digest, number_of(state), *rest)


def entry_of(row: Sequence[Any], call: int | None = None) -> Entry:
    """Return an item that was kept; `call` is the one that met it since, if one did."""
    kept, digest, state, position, before, *rest = row
    key = kept.hex() if isinstance(kept, bytes) else kept
    return Entry(key, digest or kept, _STATES[state], position, call or before, *rest)


def error_text(error: SpeedPixException) -> str:
    """Return an error as JSON, for the manifest."""
    facts = {
        "kind": type(error).__name__,
        "message": error.message,
        "status_code": error.status_code,
        "code": error.code,
        "request_id": error.request_id,
        "invoke_id": error.invoke_id,
    }
    return json.dumps({name: value for name, value in facts.items() if value is not None})


def interrupted(submitted_at: float | None) -> str:
    """Return the error, as JSON, of an item whose submit the end of a process left in doubt."""
    when = datetime.fromtimestamp(submitted_at or 0).strftime("%Y-%m-%d %H:%M:%S")  # noqa: DTZ006 - as the console
    message = (
        f"the process ended while this was being submitted, at {when}, so it is not known whether "
        'the run was started; look in the console; to submit and pay it again, retry "unknown"'
    )
    return error_text(SubmitOutcomeUnknownError(message))
