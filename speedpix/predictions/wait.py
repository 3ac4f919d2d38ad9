"""Follow a run to its end: the flow behind `wait`."""

from __future__ import annotations

import math
import random
from typing import Sequence

from attrs import evolve

from ..constants import BAD_POLLS_IN_A_ROW, REMEMBERED_POLLS
from ..exceptions import (
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    PredictionError,
    PredictionTimeoutError,
    SpeedPixException,
)
from ..flow.effects import Flow, Sleep, Tell
from ..gateway.endpoints import Answer
from ..logs import logger
from ..values.prediction import Prediction
from ..values.progress import AsyncListener, Progress
from . import polling
from .context import Context, carrying
from .options import Wait
from .polling import Heard
from .reload import mark_failed, reload, require_id

# Asking again does not help against these.
_HOPELESS = (AuthenticationError, PermissionDeniedError)
# A result that is refused is how the service reports a run that failed (protocol,
# comfy_get_result), also when the progress says otherwise, and keeps saying so.
_REFUSALS = (InvalidRequestError, NotFoundError)


def follow(context: Context, prediction: Prediction, how: Wait) -> Flow[None]:
    """Wait for a run in the way given; whatever ends that early carries the prediction."""
    if how.bar:
        return carrying(prediction, _with_bar(context, prediction, how))
    listeners = how.listeners or None
    return carrying(prediction, wait(context, prediction, how.interval, how.timeout, listeners))


def _with_bar(context: Context, prediction: Prediction, how: Wait) -> Flow[None]:
    from ..display.progress_bar import progress_bar  # most runs are not looked at

    with progress_bar() as show:
        listeners = (show, *how.listeners)
        yield from wait(context, prediction, how.interval, how.timeout, listeners)


def wait(
    context: Context,
    prediction: Prediction,
    longest: float,
    timeout: float | None,
    listeners: Sequence[AsyncListener] | None = None,
) -> Flow[None]:
    """Follow a run until it has ended.

    Args:
        context: what the client's flows share.
        prediction: the run; updated in place.
        longest: the longest gap between two polls, in seconds.
        timeout: seconds to wait in all, or None for as long as it takes.
        listeners: told of the progress as it is known, and of each change; None tells nothing.

    Raises:
        PredictionError: the run failed.
        PredictionTimeoutError: it has not ended within the timeout.
        SpeedPixException: the service can't be asked any more; carries the prediction.
    """
    require_id(prediction)
    clock = context.gateway.clock
    start = clock.monotonic()
    deadline = math.inf if timeout is None else start + timeout
    age = 0.0 if prediction.submitted_at is None else clock.time() - prediction.submitted_at
    heard = [Heard(0.0, left=prediction.estimated_duration)]
    bad_polls = 0
    # What this process has heard nothing of yet may have ended long ago: it is asked for at once.
    gap = 0.0 if prediction.progress.status is None else None
    told = yield from _tell(prediction, listeners, None)
    while not _has_ended(prediction):
        waited = max(0.0, age) + clock.monotonic() - start
        if gap is None:
            gap = polling.pause(heard, waited, longest, random.random())  # noqa: S311
        yield Sleep(max(0.0, min(gap, deadline - clock.monotonic())))
        gap = None
        if clock.monotonic() >= deadline:
            raise _timed_out(prediction, timeout)
        try:
            yield from reload(context, prediction, deadline)
        except SpeedPixException as error:
            if clock.monotonic() + (error.retry_after or 0.0) >= deadline:
                raise _timed_out(prediction, timeout, error.retry_after) from error
            bad_polls += 1
            _tolerate(prediction, error, bad_polls)
        else:
            bad_polls = 0
            heard = [
                *heard[-REMEMBERED_POLLS:],
                _heard(prediction, max(0.0, age) + clock.monotonic() - start),
            ]
        told = yield from _tell(prediction, listeners, told)
    if prediction.status == "failed":
        raise PredictionError(
            prediction.error or "the run failed",
            code=prediction.error_code,
            invoke_id=prediction.invoke_id,
            prediction=prediction,
        )


def _tell(
    prediction: Prediction, listeners: Sequence[AsyncListener] | None, told: Progress | None
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


def _timed_out(
    prediction: Prediction, timeout: float | None, retry_after: float | None = None
) -> PredictionTimeoutError:
    found = f"the run did not end within {timeout:g} s"
    if retry_after:
        found += f", of which less is left than the {retry_after:.0f} s the service asks to wait"
    return PredictionTimeoutError(
        f"{found}; it goes on at the service, and prediction.wait() waits for it again",
        retry_after=retry_after,
        prediction=prediction,
    )
