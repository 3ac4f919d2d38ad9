"""Start a run: find the local files, bring them to the service, submit."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from attrs import evolve
from speedpix_api.models.comfy_prompt_data import ComfyPromptData
from speedpix_api.models.json_object import JsonObject

from ..exceptions import (
    InvalidRequestError,
    PredictionTimeoutError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
    add_note,
    rephrased,
)
from ..files.upload import Terms
from ..files.upload_cache import upload_once
from ..flow.clock import Instant
from ..flow.effects import Flow, Gather, Work
from ..gateway import endpoints
from ..inputs.prepare import Prepared, data_uri, filled, prepare
from ..inputs.refusals import explanation
from ..inputs.sources import FileSource
from ..logs import logger
from ..values.file import File
from ..values.prediction import Prediction, name_of
from ..values.progress import UNSUCCESSFUL, Progress
from ..values.wire import number
from .context import Context, carry
from .options import Submission


def submit(
    context: Context, submission: Submission, deadline: float = math.inf
) -> Flow[Prediction]:
    """Start a run and return its prediction.

    Args:
        context: what the client's flows share.
        submission: what to submit.
        deadline: the clock's monotonic time at which to give up.

    Raises:
        InputError: the input can't be sent; nothing was.
        UploadError: a file did not reach the store; nothing was submitted.
        PredictionTimeoutError: the deadline came first; nothing was submitted.
        SubmitOutcomeUnknownError: the run may or may not have been started.
        SpeedPixException: the service refused.
    """
    local_files = context.gateway.settings.local_files
    prepared: Prepared = yield Work(partial(prepare, submission.input, local_files))
    fields = yield from bring(context, submission, prepared, deadline)
    if prepared.files and not submission.label:
        _, first = prepared.files[0]
        submission = evolve(submission, label=first.name or None)
    return (yield from start(context, submission, fields, deadline))


def bring(
    context: Context, submission: Submission, prepared: Prepared, deadline: float = math.inf
) -> Flow[dict[str, Any]]:
    """Bring an input's local files to the service; return the input as it is submitted.

    Raises:
        InputError: a file can't be sent.
        UploadError: a file did not reach the store.
        SpeedPixException: the service refused.
    """
    if submission.file_encoding_strategy == "base64":
        values = yield from _encoded(prepared)
    else:
        values = yield from _uploaded(context, prepared, deadline)
    return filled(prepared, values)


def start(
    context: Context,
    submission: Submission,
    fields: dict[str, Any],
    deadline: float = math.inf,
    *,
    queued: bool = False,
) -> Flow[Prediction]:
    """Submit an input without local files: the paid call; one that is queued waits for no throttle.

    Raises:
        PredictionTimeoutError: the deadline came first; nothing was submitted.
        SubmitOutcomeUnknownError: the run may or may not have been started.
        SpeedPixException: the service refused.
    """
    gateway = context.gateway
    inputs = JsonObject.from_dict(fields)
    request = evolve(submission.request, inputs=inputs)
    prediction = Prediction(
        id="",
        status="submitting",
        input=inputs.additional_properties,
        workflow_id=request.workflow_id,
        label=submission.label,
        link=context.link,
    )
    before = partial(_intend, context, prediction, deadline)
    try:
        answer = yield from endpoints.submit(
            gateway,
            request,
            submission.resource_config_id,
            deadline=deadline,
            before=before,
            queued=queued,
        )
        if answer.data is None:
            answer.require()
    except SubmitOutcomeUnknownError:
        raise
    except SpeedPixException as error:  # the one way to know that there is no run
        if prediction.record is not None:
            yield from context.record(context.history.remove, prediction)
        why = ""
        if isinstance(error, InvalidRequestError):
            why = explanation(fields, error.message, gateway.settings.local_files)
        if why:
            raise rephrased(error, type(error), f"{error.message}; {why}") from error
        raise
    except BaseException as error:
        if prediction.record is not None:
            add_note(error, "a run was being submitted; it is not known whether it was started")
        raise
    prediction.submitted_instant = Instant(gateway.clock.monotonic())
    _take(prediction, answer)
    logger.info("%s: submitted, workflow %s", name_of(prediction), prediction.workflow_id)
    try:
        yield from context.record(context.history.update, prediction)
    except BaseException as error:
        carry(error, prediction)
        context.history.update(prediction)  # the id is not lost, though nobody waits any more
        raise
    return prediction


def _intend(context: Context, prediction: Prediction, deadline: float) -> Flow[None]:
    """Put the intent on record: whatever happens next, the run is not forgotten."""
    clock = context.gateway.clock
    prediction.submitted_at = clock.time()
    if prediction.record is None:
        yield from context.record(context.history.add, prediction)
    if clock.monotonic() >= deadline:
        message = "the time was over before the run was submitted; nothing was submitted"
        raise PredictionTimeoutError(message)


def _take(prediction: Prediction, answer: endpoints.Answer[ComfyPromptData]) -> None:
    """Take over what is said of a run that was started; also beside an error."""
    data, error = answer.data, answer.error
    assert data is not None  # noqa: S101 - else there would be no run
    prediction.id = data.task_id
    prediction.status = endpoints.status_of(data.status) or "waiting"
    prediction.invoke_id = answer.invoke_id
    prediction.estimated_duration = number(data.estimated_duration_in_seconds)
    prediction.progress = Progress(
        prediction.status, prediction_id=prediction.id, label=prediction.label
    )
    if error is not None:
        logger.warning("%s: started, and yet: %s", name_of(prediction), error)
        if prediction.status in UNSUCCESSFUL:
            prediction.error, prediction.error_code = error.message, error.code


def _encoded(prepared: Prepared) -> Flow[dict[int, str]]:
    values: dict[int, str] = {}
    for place, source in prepared.files:
        values[id(source)] = yield Work(partial(data_uri, place, source))
    return values


def _uploaded(context: Context, prepared: Prepared, deadline: float) -> Flow[dict[int, str]]:
    if not prepared.files:
        return {}
    terms = Terms(deadline=deadline)
    flows = [_placed(context, place, source, terms) for place, source in prepared.files]
    files: list[File] = yield Gather(flows)
    return {id(source): file.access_url for (_, source), file in zip(prepared.files, files)}


def _placed(context: Context, place: str, source: FileSource, terms: Terms) -> Flow[File]:
    try:
        return (
            yield from upload_once(context.gateway, context.uploads, source, terms, context.upload)
        )
    except SpeedPixException as error:
        add_note(error, f"while uploading {place}; nothing was submitted")
        raise
