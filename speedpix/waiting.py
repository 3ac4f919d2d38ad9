"""Follow a run to its end: the flows behind `reload` and `wait`."""

from __future__ import annotations

import math
import random
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, Generator, TypeVar

from speedpix_api.models.result_data import ResultData

from . import polling
from .calls import Answer, get_progress, get_result, number
from .constants import BAD_POLLS_IN_A_ROW, REMEMBERED_POLLS
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
from .polling import Heard
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
    engine: Engine, prediction: Prediction, longest: float, timeout: float | None
) -> Flow[Prediction]:
    """Follow a run until it has ended.

    Args:
        engine: the client's gateway and journal.
        prediction: the run; updated in place.
        longest: the longest gap between two polls, in seconds.
        timeout: seconds to wait in all, or None for as long as it takes.

    Raises:
        PredictionError: the run failed.
        PredictionTimeoutError: it has not ended within the timeout.
        SpeedPixException: the service can't be asked any more; carries the prediction.
    """
    _require_id(prediction)
    clock = engine.gateway.clock
    start = clock.monotonic()
    deadline = math.inf if timeout is None else start + timeout
    age = 0.0 if prediction.submitted_at is None else clock.time() - prediction.submitted_at
    heard = [Heard(0.0, left=prediction.estimated_duration)]
    bad_polls = 0
    # What this process has heard nothing of yet may have ended long ago: it is asked for at once.
    gap = 0.0 if prediction.progress.status is None else None
    while not _has_ended(prediction):
        waited = max(0.0, age) + clock.monotonic() - start
        if gap is None:
            gap = polling.pause(heard, waited, longest, random.random())  # noqa: S311
        yield Sleep(max(0.0, min(gap, deadline - clock.monotonic())))
        gap = None
        if clock.monotonic() >= deadline:
            raise _timed_out(prediction, timeout)
        try:
            yield from reload(engine, prediction, deadline)
        except SpeedPixException as error:
            if clock.monotonic() >= deadline:
                raise _timed_out(prediction, timeout) from error
            bad_polls += 1
            _tolerate(prediction, error, bad_polls)
        else:
            bad_polls = 0
            heard = [
                *heard[-REMEMBERED_POLLS:],
                _heard(prediction, max(0.0, age) + clock.monotonic() - start),
            ]
    if prediction.status == "failed":
        raise PredictionError(
            prediction.error or "the run failed",
            code=prediction.error_code,
            invoke_id=prediction.invoke_id,
            prediction=prediction,
        )
    return prediction


def _tolerate(prediction: Prediction, error: SpeedPixException, bad_polls: int) -> None:
    """Pass over a poll that failed, or raise why not, or take the run as failed."""
    logger.debug("prediction %s: a poll failed: %s", prediction.id, error)
    if bad_polls < BAD_POLLS_IN_A_ROW and not isinstance(error, _HOPELESS):
        return
    if not (prediction.progress.status == "succeeded" and isinstance(error, _REFUSALS)):
        raise error
    _mark_failed(prediction, Answer(None, error, error.invoke_id))


def _heard(prediction: Prediction, at: float) -> Heard:
    progress = prediction.progress
    queued = progress.status == "waiting"
    return Heard(at, progress.seconds_left, progress.fraction, queued=queued)


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
