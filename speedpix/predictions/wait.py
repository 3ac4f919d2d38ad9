"""Follow a run to its end: the flow behind `wait`."""

from __future__ import annotations

import math
import random
from typing import TYPE_CHECKING, Any, Generator, Sequence, TypeVar

from attrs import evolve

from ..constants import BAD_POLLS_IN_A_ROW, LAST_POLL_PATIENCE
from ..exceptions import (
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    PredictionError,
    PredictionTimeoutError,
    SpeedPixException,
    add_note,
)
from ..flow.effects import Flow, Sleep, Tell
from ..gateway.endpoints import Answer
from ..logs import logger
from ..values.progress import Listener, Progress
from . import polling
from .options import Wait
from .polling import Heard
from .reload import mark_failed, reload, require_id

if TYPE_CHECKING:
    from ..session import Engine
    from ..values.prediction import Prediction

T = TypeVar("T")

# Asking again does not help against these.
_HOPELESS = (AuthenticationError, PermissionDeniedError)
# A result that is refused is how the service reports a run that failed (protocol,
# comfy_get_result), also when the progress says otherwise, and keeps saying so.
_REFUSALS = (InvalidRequestError, NotFoundError)


def follow(engine: Engine, prediction: Prediction, how: Wait) -> Flow[Prediction]:
    """Wait for a run in the way given; whatever ends that early carries the prediction."""
    if how.bar:
        return carrying(prediction, _with_bar(engine, prediction, how))
    listeners = how.listeners or None
    return carrying(prediction, wait(engine, prediction, how.interval, how.timeout, listeners))


def _with_bar(engine: Engine, prediction: Prediction, how: Wait) -> Flow[Prediction]:
    from ..display.progress_bar import progress_bar  # most runs are not looked at

    with progress_bar() as show:
        listeners = (show, *how.listeners)
        return (yield from wait(engine, prediction, how.interval, how.timeout, listeners))


def wait(
    engine: Engine,
    prediction: Prediction,
    longest: float,
    timeout: float | None,
    listeners: Sequence[Listener] | None = None,
) -> Flow[Prediction]:
    """Follow a run until it has ended.

    Args:
        engine: the client's gateway and journal.
        prediction: the run; updated in place.
        longest: the longest gap between two polls, in seconds.
        timeout: seconds to wait in all, or None for as long as it takes; at its end the run is
            asked for once more.
        listeners: told of the progress as it is known, and of each change; None tells nothing.

    Raises:
        PredictionError: the run failed.
        PredictionTimeoutError: it has not ended within the timeout.
        SpeedPixException: the service can't be asked any more; carries the prediction.
    """
    require_id(prediction)
    clock = engine.gateway.clock
    start = clock.monotonic()
    deadline = math.inf if timeout is None else start + timeout
    begin = start  # of the run, as far as it is known
    heard = [Heard(0.0)]
    if prediction.submitted_instant is not None:
        begin = min(start, prediction.submitted_instant.seconds)
        heard = [Heard(0.0, left=prediction.estimated_duration, fraction=0.0)]
    bad_polls = 0
    # What this process has heard nothing of yet may have ended long ago: it is asked for at once.
    gap = 0.0 if prediction.progress.status is None else None
    told = yield from _tell(prediction, listeners, None)
    while not _has_ended(prediction):
        now = clock.monotonic()
        if gap is None:
            gap = polling.pause(heard, now - begin, longest, random.random())  # noqa: S311
        yield Sleep(max(0.0, min(gap, deadline - now)))
        gap = None
        now = clock.monotonic()
        last = now >= deadline  # what ended meanwhile is not lost for having been slept through
        try:
            yield from reload(engine, prediction, now + LAST_POLL_PATIENCE if last else deadline)
        except SpeedPixException as error:
            if last:
                raise _timed_out(prediction, timeout) from error
            if clock.monotonic() < deadline:
                bad_polls += 1
                _tolerate(prediction, error, bad_polls)
        else:
            bad_polls = 0
            heard = polling.remembered(heard, _heard(prediction, clock.monotonic() - begin))
        told = yield from _tell(prediction, listeners, told)
        if last and not _has_ended(prediction):
            raise _timed_out(prediction, timeout)
    if prediction.status == "failed":
        raise PredictionError(
            prediction.error or "the run failed",
            code=prediction.error_code,
            invoke_id=prediction.invoke_id,
            prediction=prediction,
        )
    return prediction


def _tell(
    prediction: Prediction, listeners: Sequence[Listener] | None, told: Progress | None
) -> Flow[Progress | None]:
    """Tell the listeners of the progress if it is new to them; return what they know."""
    if listeners is None:
        return None
    news = _news(prediction)
    if news is None or news == told:
        return told
    yield Tell(listeners, news)
    return news


def _news(prediction: Prediction) -> Progress | None:
    """Return the progress as far as it is certain: an end is told once it is known, and agrees."""
    progress, status = prediction.progress, prediction.status
    if _has_ended(prediction):
        fraction = 1.0 if status == "succeeded" else progress.fraction
        return evolve(progress, status=status, fraction=fraction)
    return None if progress.status in (None, "succeeded", "failed") else progress


def _tolerate(prediction: Prediction, error: SpeedPixException, bad_polls: int) -> None:
    """Pass over a poll that failed, or raise why not, or take the run as failed."""
    logger.debug("prediction %s: a poll failed: %s", prediction.id, error)
    if bad_polls < BAD_POLLS_IN_A_ROW and not isinstance(error, _HOPELESS):
        return
    if not (prediction.progress.status == "succeeded" and isinstance(error, _REFUSALS)):
        raise error
    mark_failed(prediction, Answer(None, error, error.invoke_id))


def _heard(prediction: Prediction, at: float) -> Heard:
    progress = prediction.progress
    queued = progress.status == "waiting"
    return Heard(at, progress.seconds_left, progress.fraction, queued=queued)


def _has_ended(prediction: Prediction) -> bool:
    """Tell whether the end is known; of a success, with its output, which no history keeps."""
    if prediction.status == "succeeded":
        return prediction.output is not None
    return prediction.status == "failed"


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


def _timed_out(prediction: Prediction, timeout: float | None) -> PredictionTimeoutError:
    return PredictionTimeoutError(
        f"the run did not end within {timeout:g} s; it goes on at the service, and "
        "prediction.wait() waits for it again",
        prediction=prediction,
    )
