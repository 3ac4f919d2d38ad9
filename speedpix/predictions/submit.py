"""Start a run: find the local files, bring them to the service, submit."""

from __future__ import annotations

from functools import partial
from typing import Any

from attrs import evolve
from speedpix_api.models.json_object import JsonObject

from ..exceptions import SpeedPixException, SubmitOutcomeUnknownError, add_note
from ..files.upload_cache import upload_once
from ..flow.effects import Flow, Gather, Work
from ..gateway import endpoints
from ..inputs.prepare import Prepared, data_uri, filled, prepare
from ..inputs.sources import FileSource
from ..logs import logger
from ..values.files import File
from ..values.prediction import Prediction
from ..values.progress import Progress
from ..values.wire import number
from .context import Context, carrying
from .options import Submission


def submit(context: Context, submission: Submission) -> Flow[Prediction]:
    """Start a run and return its prediction.

    Raises:
        InputError: the input can't be sent; nothing was.
        UploadError: a file did not reach the store; nothing was submitted.
        SubmitOutcomeUnknownError: the run may or may not have been started.
        SpeedPixException: the service refused.
    """
    local_files = context.gateway.settings.local_files
    prepared: Prepared = yield Work(partial(prepare, submission.input, local_files))
    inputs = yield from bring(context, submission, prepared)
    return (yield from start(context, submission, inputs))


def bring(context: Context, submission: Submission, prepared: Prepared) -> Flow[dict[str, Any]]:
    """Bring an input's local files to the service; return the input as it is submitted.

    Raises:
        InputError: a file can't be sent.
        UploadError: a file did not reach the store.
        SpeedPixException: the service refused.
    """
    if submission.file_encoding_strategy == "base64":
        values = yield from _encoded(prepared)
    else:
        values = yield from _uploaded(context, prepared)
    return filled(prepared, values)


def start(context: Context, submission: Submission, fields: dict[str, Any]) -> Flow[Prediction]:
    """Submit an input without local files: the paid call.

    Raises:
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
        submitted_at=gateway.clock.time(),
        link=context.link,
    )
    # The intent goes on record first: whatever happens next, the run is not forgotten.
    yield from context.record(context.history.add, prediction)
    try:
        answer = yield from endpoints.submit(gateway, request, submission.resource_config_id)
        data = answer.require()
    except SubmitOutcomeUnknownError:
        raise
    except SpeedPixException:
        yield from context.record(context.history.remove, prediction)
        raise
    except BaseException as error:
        add_note(error, "a run was being submitted; it is not known whether it was started")
        raise
    prediction.id = data.task_id
    prediction.status = endpoints.status_of(data.status) or "waiting"
    prediction.invoke_id = answer.invoke_id
    prediction.estimated_duration = number(data.estimated_duration_in_seconds)
    prediction.progress = Progress(status=prediction.status)
    logger.info("prediction %s: submitted, workflow %s", prediction.id, prediction.workflow_id)
    recording = context.record(context.history.update, prediction)
    yield from carrying(prediction, recording)
    return prediction


def _encoded(prepared: Prepared) -> Flow[dict[int, str]]:
    values: dict[int, str] = {}
    for place, source in prepared.files:
        values[id(source)] = yield Work(partial(data_uri, place, source))
    return values


def _uploaded(context: Context, prepared: Prepared) -> Flow[dict[int, str]]:
    if not prepared.files:
        return {}
    flows = [_placed(context, place, source) for place, source in prepared.files]
    files: list[File] = yield Gather(flows)
    return {id(source): file.access_url for (_, source), file in zip(prepared.files, files)}


def _placed(context: Context, place: str, source: FileSource) -> Flow[File]:
    try:
        return (yield from upload_once(context.gateway, context.uploads, source))
    except SpeedPixException as error:
        add_note(error, f"while uploading {place}; nothing was submitted")
        raise
