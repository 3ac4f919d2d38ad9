"""Follow a run to its end: the flows behind `reload` and `wait`."""

from __future__ import annotations

import math
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, Generator, TypeVar

from speedpix_api.models.result_data import ResultData

from . import polling
from .calls import Answer, get_progress, get_result, number
from .constants import BAD_POLLS_IN_A_ROW
from .exceptions import (
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    PredictionError,
    PredictionTimeoutError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
    add_note,
)
from .flow import Flow, Sleep, Work
from .gateway import Gateway
from .logs import logger
from .outputs import Origin, output_of, wrap
from .progress import progress_of, status_of

if TYPE_CHECKING:
    from .engine import Engine
    from .prediction import Prediction

T = TypeVar("T")

# Asking again does not help against these.
_HOPELESS = (AuthenticationError, PermissionDeniedError)
# A result that is refused is how the service reports a run that failed (protocol,
# comfy_get_result), also when the progress says otherwise, and keeps saying so.
_REFUSALS = (InvalidRequestError, NotFoundError)


def reload(
    engine: Engine, prediction: Prediction, deadline: float | None = None
) -> Flow[Prediction]:
    """Ask for the progress of a run, and for its result when it has ended; update it in place."""
    _require_id(prediction)
    gateway = engine.gateway
    answer = yield from get_progress(gateway, prediction.id, deadline)
    if answer.data is None:
        raise answer.error or SpeedPixException("the service gave no progress")
    before, progress = prediction.status, progress_of(answer.data)
    prediction.progress = progress
    if progress.status == "failed":
        yield from _fail(gateway, prediction, deadline)
    elif progress.status == "succeeded":
        result = yield from get_result(gateway, prediction.id, deadline)
        _conclude(prediction, result)
    else:
        prediction.status = progress.status or before
    if prediction.status != before:
        logger.info("prediction %s: %s", prediction.id, prediction.status)
        yield Work(partial(engine.journal.update, prediction))
    return prediction


def wait(
    engine: Engine, prediction: Prediction, interval: float, timeout: float | None
) -> Flow[Prediction]:
    """Follow a run until it has ended.

    Args:
        engine: the client's gateway and journal.
        prediction: the run; updated in place.
        interval: the longest gap between two polls, in seconds.
        timeout: seconds to wait in all, or None for as long as it takes.

    Raises:
        PredictionError: the run failed.
        PredictionTimeoutError: it has not ended within the timeout.
        SpeedPixException: the service can't be asked any more; carries the prediction.
    """
    _require_id(prediction)
    gateway = engine.gateway
    start = gateway.clock.monotonic()
    deadline = math.inf if timeout is None else start + timeout
    heard, bad_polls = prediction.progress.status is not None, 0
    while not _has_ended(prediction):
        # What this process has heard nothing of yet may have ended long ago.
        gap = _gap(gateway, prediction, interval, start) if heard else 0.0
        heard = True
        yield Sleep(max(0.0, min(gap, deadline - gateway.clock.monotonic())))
        if gateway.clock.monotonic() >= deadline:
            raise _timed_out(prediction, timeout)
        try:
            yield from reload(engine, prediction, deadline)
            bad_polls = 0
        except SpeedPixException as error:
            if gateway.clock.monotonic() >= deadline:
                raise _timed_out(prediction, timeout) from error
            logger.debug("prediction %s: a poll failed: %s", prediction.id, error)
            bad_polls += 1
            if bad_polls < BAD_POLLS_IN_A_ROW and not isinstance(error, _HOPELESS):
                continue
            if not (prediction.progress.status == "succeeded" and isinstance(error, _REFUSALS)):
                raise
            _mark_failed(prediction, Answer(None, error, error.invoke_id))
    if prediction.status == "failed":
        raise PredictionError(
            prediction.error or "the run failed",
            code=prediction.error_code,
            invoke_id=prediction.invoke_id,
            prediction=prediction,
        )
    return prediction


def _has_ended(prediction: Prediction) -> bool:
    """Tell whether the end is known; of a success, with its output, which no history keeps."""
    if prediction.status == "succeeded":
        return prediction.output is not None
    return prediction.status == "failed"


def _require_id(prediction: Prediction) -> None:
    if not prediction.id:
        message = (
            "this run's submit was interrupted, so its id is not known, nor whether it was "
            "started; look in the console before you submit it again"
        )
        raise SubmitOutcomeUnknownError(message)


def carrying(prediction: Prediction, flow: Flow[T]) -> Generator[Any, Any, T]:
    """Run a flow so that whatever ends it early carries the prediction, and how to go on."""
    try:
        return (yield from flow)
    except GeneratorExit:
        raise
    except BaseException as error:
        if getattr(error, "prediction", None) is None:
            error.prediction = prediction  # type: ignore[attr-defined]
        if not isinstance(error, PredictionError):
            add_note(
                error,
                f"the run {prediction.id} was submitted; pick it up again with "
                f'client.predictions.get("{prediction.id}").wait()',
            )
        raise


def _gap(gateway: Gateway, prediction: Prediction, interval: float, start: float) -> float:
    """Return the seconds until the next poll; a run of unknown age counts as just submitted."""
    if prediction.submitted_at is None:
        waited = gateway.clock.monotonic() - start
    else:
        waited = max(0.0, gateway.clock.time() - prediction.submitted_at)
    return polling.pause(interval, waited, prediction.progress.seconds_left)


def _conclude(prediction: Prediction, answer: Answer[ResultData]) -> None:
    data = answer.data
    status = status_of(data.status) if data is not None else None
    if status == "failed":
        _mark_failed(prediction, answer)
        return
    if data is None or answer.error is not None:
        raise answer.error or SpeedPixException("the service gave no result")
    if status in ("waiting", "running"):
        return  # the result lags behind the progress: ask again
    _take_times(prediction, data)
    prediction.invoke_id = answer.invoke_id or prediction.invoke_id
    prediction.output = wrap(output_of(data), Origin(prediction.link, prediction.id))
    prediction.status = "succeeded"


def _fail(gateway: Gateway, prediction: Prediction, deadline: float | None) -> Flow[None]:
    """Ask why a run failed; that it failed is certain, whatever becomes of the question."""
    try:
        answer = yield from get_result(gateway, prediction.id, deadline)
    except SpeedPixException as error:
        logger.debug("prediction %s: no reason could be had: %s", prediction.id, error)
        answer = Answer(None, None, None)
    _mark_failed(prediction, answer)


def _mark_failed(prediction: Prediction, answer: Answer[ResultData]) -> None:
    if answer.data is not None:
        _take_times(prediction, answer.data)
    if answer.error is not None:
        prediction.error = answer.error.message
        prediction.error_code = answer.error.code
    prediction.error = prediction.error or prediction.progress.message or "the run failed"
    prediction.invoke_id = answer.invoke_id or prediction.invoke_id
    prediction.status = "failed"


def _take_times(prediction: Prediction, data: ResultData) -> None:
    prediction.begin = _moment(data.task_begin_time)
    prediction.end = _moment(data.task_end_time)
    duration = number(data.task_duration)
    prediction.duration = None if duration is None else duration / 1000


def _moment(milliseconds: object) -> datetime | None:
    value = number(milliseconds)
    try:
        return None if value is None else datetime.fromtimestamp(value / 1000, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def _timed_out(prediction: Prediction, timeout: float | None) -> PredictionTimeoutError:
    return PredictionTimeoutError(
        f"the run did not end within {timeout:g} s; it goes on at the service, and "
        "prediction.wait() waits for it again",
        prediction=prediction,
    )
