"""Follow a run to its end: the flow behind `wait`."""

from __future__ import annotations

import math
import random
from contextlib import ExitStack
from typing import Sequence

from attrs import evolve

from ..constants import BAD_POLLS_IN_A_ROW, LAST_POLL_PATIENCE
from ..exceptions import (
    APIConnectionError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    PredictionError,
    PredictionTimeoutError,
    RateLimitError,
    ServerError,
    SpeedPixException,
)
from ..flow.effects import Flow, Sleep, Tell
from ..gateway.endpoints import Answer
from ..logs import logger
from ..values.prediction import Prediction, name_of
from ..values.progress import ENDS, UNSUCCESSFUL, AsyncListener, Listener, Progress
from . import polling
from .context import Context, carrying
from .options import Wait
from .outage import Outage
from .polling import Heard
from .reload import ask_for_result, mark_failed, reload, require_id

# Asking again does not help against these.
_HOPELESS = (AuthenticationError, PermissionDeniedError)
# The service says nothing of the run, or nothing yet: an outage, to be waited out.
_UNANSWERED = (APIConnectionError, ServerError, RateLimitError)
# A result that is refused is how the service reports a run that failed (protocol,
# comfy_get_result), also when the progress says otherwise, and keeps saying so.
_REFUSALS = (InvalidRequestError, NotFoundError)


def follow(context: Context, prediction: Prediction, how: Wait) -> Flow[None]:
    """Wait for a run in the way given; whatever ends that early carries the prediction."""
    waiting = _with_bar if how.bar else wait
    return carrying(prediction, waiting(context, prediction, how))


def _with_bar(context: Context, prediction: Prediction, how: Wait) -> Flow[None]:
    from ..display.progress_bar import progress_bar  # most runs are not looked at

    display = ExitStack()  # closed by hand: an exception that is frozen can't pass through it
    show = display.enter_context(progress_bar(context.gateway.clock))
    try:
        yield from wait(context, prediction, how, [show])
    finally:
        display.close()


def wait(
    context: Context, prediction: Prediction, how: Wait, watchers: Sequence[Listener] = ()
) -> Flow[None]:
    """Follow a run until it has ended.

    A service that gives no answer is asked again until the timeout, or, without one, for ten
    minutes. At the timeout the run is asked for once more.

    Args:
        context: what the client's flows share.
        prediction: the run; updated in place.
        how: the times, and who listens to the progress as it is known and to each change of it.
        watchers: told of it before those, and after each poll that was answered, changed or not.

    Raises:
        PredictionError: the run failed.
        PredictionTimeoutError: it has not ended within the timeout.
        SpeedPixException: the service can't be asked any more; carries the prediction.
    """
    require_id(prediction)
    clock = context.gateway.clock
    start = clock.monotonic()
    timeout = how.timeout
    deadline = (start if how.begun is None else how.begun) + timeout
    begin = start  # of the run, as far as it is known
    heard = [Heard(0.0)]
    if prediction.submitted_instant is not None:
        begin = min(start, prediction.submitted_instant.seconds)
        heard = [Heard(0.0, left=prediction.estimated_duration, fraction=0.0)]
    outage, refused_polls = Outage(clock, name_of(prediction), bounded=timeout == math.inf), 0
    # What this process has heard nothing of yet may have ended long ago: it is asked for at once.
    gap = 0.0 if prediction.progress.status is None else None
    told = yield from _tell(prediction, how.listeners, watchers, None)
    while not _has_ended(prediction):
        now = clock.monotonic()
        if gap is None:
            gap = polling.pause(heard, now - begin, how.interval, random.random())  # noqa: S311
        yield Sleep(max(0.0, min(gap, deadline - now)))
        gap = None
        asked = clock.monotonic()
        last = asked >= deadline  # what ended meanwhile is not lost for having been slept through
        patience = min(deadline, outage.end + context.gateway.settings.timeout.exchange)
        limit = asked + LAST_POLL_PATIENCE if last else patience
        try:
            yield from _ask(context, prediction, limit)
        except SpeedPixException as error:
            if _is_hopeless(error, deadline - asked):
                raise _timed_out(prediction, timeout, outage, error.retry_after) from error
            if isinstance(error, _UNANSWERED):
                gap = min(how.interval, outage.endure(error, asked))
            else:
                refused_polls += 1
                _tolerate(prediction, error, refused_polls)
        else:
            outage.over()
            refused_polls = 0
            heard = polling.remembered(heard, _heard(prediction, clock.monotonic() - begin))
        told = yield from _tell(prediction, how.listeners, watchers, told)
        if last and not _has_ended(prediction):
            raise _timed_out(prediction, timeout, outage)
    if prediction.status in UNSUCCESSFUL:
        raise PredictionError(
            prediction.error or "the run failed",
            code=prediction.error_code,
            invoke_id=prediction.invoke_id,
            prediction=prediction,
        )


def _ask(context: Context, prediction: Prediction, deadline: float) -> Flow[None]:
    """Ask how the run is; what a status means that nobody knows, only the result can tell."""
    yield from reload(context, prediction, deadline)
    if _is_unknown(prediction):
        yield from ask_for_result(context, prediction, deadline)


def _tell(
    prediction: Prediction,
    listeners: Sequence[AsyncListener] | None,
    watchers: Sequence[Listener],
    told: Progress | None,
) -> Flow[Progress | None]:
    """Tell of the progress, the listeners if it is new to them; return what they know."""
    news = _news(prediction)
    if news is None or news is told:  # not even the same was said again
        return told
    if news == told:
        listeners = None
    if watchers or listeners is not None:
        yield Tell((*watchers, *(listeners or ())), news)
    return news


def _news(prediction: Prediction) -> Progress | None:
    """Return the progress as far as it is certain: an end is told once it is known, and agrees."""
    progress, status = prediction.progress, prediction.status
    if _has_ended(prediction):
        fraction = 1.0 if status == "succeeded" else progress.fraction
        return evolve(progress, status=status, fraction=fraction)
    return None if progress.status in (None, *ENDS) else progress


def _is_unknown(prediction: Prediction) -> bool:
    """Tell whether a status was told that may be an end, for all that is known."""
    return not _has_ended(prediction) and prediction.progress.status not in (
        "waiting",
        "running",
        *ENDS,
    )


def _tolerate(prediction: Prediction, error: SpeedPixException, refused_polls: int) -> None:
    """Pass over a poll that was refused, or raise why not, or take the run as failed."""
    logger.debug("%s: a poll was refused: %s", name_of(prediction), error)
    if refused_polls < BAD_POLLS_IN_A_ROW and not isinstance(error, _HOPELESS):
        return
    under_way = prediction.progress.status in (None, "waiting", "running")
    if under_way or not isinstance(error, _REFUSALS):
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
    return prediction.status in UNSUCCESSFUL


def _is_hopeless(error: SpeedPixException, left: float) -> bool:
    """Tell whether no time is left after a poll that failed, or less than the service asks for."""
    return (error.retry_after or 0.0) >= left


def _timed_out(
    prediction: Prediction,
    timeout: float,
    outage: Outage,
    retry_after: float | None = None,
) -> PredictionTimeoutError:
    silence = outage.seconds
    known = "" if silence is None else f"there was no answer for the last {silence:.0f} s; "
    if retry_after:
        known = f"less of it is left than the {retry_after:.0f} s the service asks to wait; "
    return PredictionTimeoutError(
        f"the run did not end within {timeout:g} s; {known}"
        "it goes on at the service, and prediction.wait() waits for it again",
        retry_after=retry_after,
        prediction=prediction,
    )
