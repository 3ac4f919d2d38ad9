"""Ask the service how a run is: the flow behind `reload`."""

from __future__ import annotations

import math

from speedpix_api.models.progress_data import ProgressData
from speedpix_api.models.progress_state import ProgressState
from speedpix_api.models.result_data import ResultData

from ..exceptions import (
    InvalidRequestError,
    NotFoundError,
    ServerError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
)
from ..flow.effects import Flow
from ..gateway.endpoints import Answer, get_progress, get_result, parts_of, status_of
from ..gateway.exchange import Gateway
from ..logs import logger
from ..values.link import Origin
from ..values.output import Output, as_output, wrap
from ..values.prediction import Prediction, name_of
from ..values.progress import ENDS, UNSUCCESSFUL, Progress
from ..values.wire import is_address, moment, number, said
from .context import Context


def reload(context: Context, prediction: Prediction, deadline: float = math.inf) -> Flow[None]:
    """Ask for the progress of a run, and for its result when it has ended; update it in place."""
    require_id(prediction)
    gateway = context.gateway
    answer = yield from get_progress(gateway, prediction.id, deadline)
    data = answer.data or answer.require()
    origin = Origin(prediction.link, prediction.id, part="progress")
    before = prediction.status
    prediction.progress = progress = progress_of(data, origin, prediction.label)
    if progress.status in UNSUCCESSFUL:
        yield from _fail(gateway, prediction, deadline)
    elif progress.status == "succeeded":
        result = yield from get_result(gateway, prediction.id, deadline)
        _conclude(prediction, result)
    else:
        prediction.status = progress.status or before
    yield from _note(context, prediction, before)


def ask_for_result(context: Context, prediction: Prediction, deadline: float) -> Flow[None]:
    """Ask for the result of a run whose status is not known, which may be an end.

    Raises:
        ServerError: there is neither a result nor a refusal.
        SpeedPixException: it is refused, or can't be asked for.
    """
    before = prediction.status
    answer = yield from get_result(context.gateway, prediction.id, deadline)
    data = answer.data
    told = status_of(data.status) if data is not None else None
    if data is not None and (told in ENDS or any(parts_of(data)["output"].values())):
        _conclude(prediction, answer)
    elif answer.error is not None:
        raise answer.error
    if prediction.status != before:
        yield from _note(context, prediction, before)
        return
    message = f"the status {before!r} is not known, and there is no result"
    raise ServerError(message, invoke_id=answer.invoke_id)


def _note(context: Context, prediction: Prediction, before: str | None) -> Flow[None]:
    if prediction.status != before:
        logger.info("%s: %s", name_of(prediction), prediction.status)
        yield from context.record(context.history.update, prediction)


def _conclude(prediction: Prediction, answer: Answer[ResultData]) -> None:
    data = answer.data
    status = status_of(data.status) if data is not None else None
    if status in UNSUCCESSFUL:
        mark_failed(prediction, answer, status)
        return
    data = answer.require()
    if status in ("waiting", "running"):
        return  # the result lags behind the progress: ask again
    _take_times(prediction, data)
    prediction.invoke_id = answer.invoke_id or prediction.invoke_id
    prediction.output = _take_parts(prediction, data)
    prediction.error = prediction.error_code = None
    prediction.status = "succeeded"


def _take_parts(prediction: Prediction, data: ResultData) -> Output:
    """Take what came beside an output, and return the output."""
    parts = parts_of(data)
    output = as_output(parts["output"], Origin(prediction.link, prediction.id), parts)
    prediction.temp_files, prediction.info = output.temp_files, output.info
    prediction.parameters = output.parameters
    return output


def _fail(gateway: Gateway, prediction: Prediction, deadline: float) -> Flow[None]:
    """Ask why a run failed; that it failed is certain, whatever becomes of the question."""
    answer: Answer[ResultData] = Answer(None, None, None)
    try:
        answer = yield from get_result(gateway, prediction.id, deadline)
    except (InvalidRequestError, NotFoundError) as error:
        if error.invoke_id:  # the service's own refusal, which is the reason whatever its status
            answer = Answer(None, error, error.invoke_id)
    except SpeedPixException as error:
        logger.debug("%s: no reason could be had: %s", name_of(prediction), error)
    mark_failed(prediction, answer, prediction.progress.status)


def mark_failed(
    prediction: Prediction, answer: Answer[ResultData], status: str | None = "failed"
) -> None:
    """Record in a prediction that the run failed, or was cancelled, and why."""
    if answer.data is not None:
        _take_times(prediction, answer.data)
        _take_parts(prediction, answer.data)
    if answer.error is not None:
        prediction.error = answer.error.message
        prediction.error_code = answer.error.code
    unsaid = "the run failed" if status == "failed" else f"the run was {status}"
    prediction.error = prediction.error or prediction.progress.message or unsaid
    prediction.invoke_id = answer.invoke_id or prediction.invoke_id
    prediction.status = status


def _take_times(prediction: Prediction, data: ResultData) -> None:
    prediction.begin = moment(data.task_begin_time)
    prediction.end = moment(data.task_end_time)
    duration = number(data.task_duration)
    prediction.duration = None if duration is None else duration / 1000


def progress_of(data: ProgressData, origin: Origin, label: str | None) -> Progress:
    """Return the progress in an answer, with every value of the wrong type left out."""
    state = data.state if isinstance(data.state, ProgressState) else ProgressState()
    fraction, left = number(data.progress), number(data.eta_relative)
    waiting, image = data.status == "waiting", data.current_image
    return Progress(
        status=status_of(data.status),
        fraction=None if fraction is None else min(1.0, max(0.0, fraction)),
        queue_length=_count(data.last_queue_remaining),
        seconds_left=None if waiting or left is None else max(0.0, left),
        node=said(state.node_label),
        step=_count(state.step),
        steps=_count(state.max_steps),
        message=said(data.message),
        current_image=wrap(image, origin) if is_address(image) else None,
        prediction_id=origin.prediction_id,
        label=label,
    )


def _count(value: object) -> int | None:
    found = number(value)
    return None if found is None else int(found)


def require_id(prediction: Prediction) -> None:
    """Raise SubmitOutcomeUnknownError for a run of which there is no id to ask for."""
    if not prediction.id:
        message = (
            "this run's submit was interrupted, so its id is not known, nor whether it was "
            "started; look in the console before you submit it again"
        )
        raise SubmitOutcomeUnknownError(message)
