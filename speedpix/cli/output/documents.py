"""Put runs, files and failures into JSON: documents whose keys are always the same."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Sequence

import attrs

from ...exceptions import SpeedPixException

if TYPE_CHECKING:
    from ... import File, Prediction, Result

Document = Dict[str, Any]

# Types of failures that mean more to people than their name.
RUN_FAILED, INTERRUPTED = "PredictionError", "Interrupted"
BATCH = "batch"

_RUN = (
    "id",
    "status",
    "workflow_id",
    "label",
    "submitted_at",
    "begin",
    "end",
    "duration",
    "progress",
    "output",
    "info",
    "saved",
    "invoke_id",
)
_RESULT = ("index", "key", "status", "prediction_id", "output", "saved", "seconds")
_FILE = ("access_url", "expire_time", "name", "content_type", "size", "path", "object_key")
# What each command's document holds, beside `error`.
_KEYS = {
    **dict.fromkeys(("run", "wait", "status", "save"), _RUN),
    BATCH: _RESULT,
    "list": ("runs",),
    "upload": _FILE,
    "doctor": ("ok", "checks"),
    "emulator": ("endpoint", "app_key", "app_secret", "workflow_id"),
}


@attrs.frozen(kw_only=True)
class Failure:
    """The `error` of a document.

    Attributes:
        type: the class of the error, as the SDK calls it, or `UsageError`, `Error`
            (something is not installed or not free) or `Interrupted`.
        message: what happened.
        code: the service's or the gateway's error code.
        status_code: HTTP status of the answer, if there was one.
        request_id: the gateway's id of the request.
        invoke_id: the service's id of the call.
        resume: the command that takes the run up again, if it goes on.
    """

    type: str
    message: str
    code: str | None = None
    status_code: int | None = None
    request_id: str | None = None
    invoke_id: str | None = None
    resume: str | None = None


def run_document(prediction: Prediction, saved: Sequence[Path] | None = None) -> Document:
    """Return a run: moments in ISO 8601 with time zone, durations in seconds."""
    submitted, progress = prediction.submitted_at, prediction.progress
    return {
        "id": prediction.id or None,
        "status": prediction.status,
        "workflow_id": prediction.workflow_id,
        "label": prediction.label,
        "submitted_at": submitted and _iso(datetime.fromtimestamp(submitted, timezone.utc)),
        "begin": _iso(prediction.begin),
        "end": _iso(prediction.end),
        "duration": prediction.duration,
        "progress": attrs.asdict(progress, filter=_is_said) if progress.status else None,
        "output": prediction.output,
        "info": prediction.info,
        "saved": None if saved is None else [str(path) for path in saved],
        "invoke_id": prediction.invoke_id,
        "error": _reason(prediction),
    }


def result_document(result: Result) -> Document:
    """Return what came of a row of a catalogue."""
    values = {key: getattr(result, key) for key in _RESULT}
    error = None if result.error is None else attrs.asdict(failure_of(result.error))
    return {**values, "saved": [str(path) for path in result.saved], "error": error}


def failure_of(
    error: SpeedPixException, message: str | None = None, resume: str | None = None
) -> Failure:
    """Return an error of the SDK, in other words if there are better ones."""
    return Failure(
        type=type(error).__name__,
        message=message or error.message,
        code=error.code,
        status_code=error.status_code,
        request_id=error.request_id,
        invoke_id=error.invoke_id,
        resume=resume,
    )


def file_document(file: File) -> Document:
    """Return an uploaded file, without the URL it was put to, which is a credential."""
    values = {key: getattr(file, key) for key in _FILE}
    return {**values, "expire_time": _iso(file.expire_time), "error": None}


def failed_document(command: str, prediction: Prediction | None, failure: Failure) -> Document:
    """Return the document of a command that failed: all its keys, with what is known."""
    known = run_document(prediction) if prediction and _KEYS.get(command) == _RUN else {}
    return {**dict.fromkeys(_KEYS.get(command, ())), **known, "error": attrs.asdict(failure)}


def _reason(prediction: Prediction) -> Document | None:
    if prediction.error is None:
        return None
    failure = Failure(
        type=RUN_FAILED,
        message=prediction.error,
        code=prediction.error_code,
        invoke_id=prediction.invoke_id,
    )
    return attrs.asdict(failure)


def _is_said(attribute: attrs.Attribute[Any], _value: object) -> bool:
    """Tell whether a field of Progress is what was said, rather than whose it is."""
    return bool(attribute.eq)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
