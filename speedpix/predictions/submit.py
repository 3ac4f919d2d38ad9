"""Start a run: find the local files, bring them to the service, submit."""

from __future__ import annotations

from functools import partial

from speedpix_api.models.comfy_prompt_request import ComfyPromptRequest
from speedpix_api.models.json_object import JsonObject

from ..exceptions import SpeedPixException, SubmitOutcomeUnknownError, add_note
from ..files.upload import File
from ..files.upload_cache import upload_once
from ..flow.clock import Instant
from ..flow.effects import Flow, Gather, Work
from ..gateway import endpoints as calls
from ..inputs.prepare import Prepared, data_uri, filled, prepare
from ..inputs.sources import FileSource
from ..logs import logger
from ..session import Engine, Link
from ..values.prediction import Prediction
from ..values.progress import Progress, status_of
from .options import Submission
from .wait import carrying


def submit(engine: Engine, submission: Submission) -> Flow[Prediction]:
    """Start a run and return its prediction.

    Raises:
        InputError: the input can't be sent; nothing was.
        UploadError: a file did not reach the store; nothing was submitted.
        SubmitOutcomeUnknownError: the run may or may not have been started.
        SpeedPixException: the service refused.
    """
    gateway = engine.gateway
    local_files = gateway.settings.local_files
    prepared: Prepared = yield Work(partial(prepare, submission.input, local_files))
    if submission.file_encoding_strategy == "base64":
        values = yield from _encoded(prepared)
    else:
        values = yield from _uploaded(engine, prepared)
    body = _body(submission, filled(prepared, values))
    prediction = Prediction(
        id="",
        status="submitting",
        input=body.inputs.additional_properties,
        workflow_id=submission.workflow_id,
        submitted_at=gateway.clock.time(),
        link=Link(engine),
    )
    # The intent goes on record first: whatever happens next, the run is not forgotten.
    yield from engine.record(engine.journal.add, prediction)
    try:
        answer = yield from calls.submit(gateway, body, submission.resource_config_id)
        data = answer.require()
    except SubmitOutcomeUnknownError:
        raise
    except SpeedPixException:
        yield from engine.record(engine.journal.remove, prediction)
        raise
    except BaseException as error:
        add_note(error, "a run was being submitted; it is not known whether it was started")
        raise
    prediction.submitted_instant = Instant(gateway.clock.monotonic())
    prediction.id = data.task_id
    prediction.status = status_of(data.status) or "waiting"
    prediction.invoke_id = answer.invoke_id
    prediction.estimated_duration = calls.number(data.estimated_duration_in_seconds)
    prediction.progress = Progress(status=prediction.status)
    logger.info("prediction %s: submitted, workflow %s", prediction.id, prediction.workflow_id)
    recording = engine.record(engine.journal.update, prediction)
    yield from carrying(prediction, recording)
    return prediction


def _encoded(prepared: Prepared) -> Flow[dict[int, str]]:
    values: dict[int, str] = {}
    for place, source in prepared.files:
        values[id(source)] = yield Work(partial(data_uri, place, source))
    return values


def _uploaded(engine: Engine, prepared: Prepared) -> Flow[dict[int, str]]:
    if not prepared.files:
        return {}
    flows = [_placed(engine, place, source) for place, source in prepared.files]
    files: list[File] = yield Gather(flows)
    return {id(source): file.access_url for (_, source), file in zip(prepared.files, files)}


def _placed(engine: Engine, place: str, source: FileSource) -> Flow[File]:
    try:
        return (yield from upload_once(engine.gateway, engine.uploads, source))
    except SpeedPixException as error:
        add_note(error, f"while uploading {place}; nothing was submitted")
        raise


def _body(submission: Submission, inputs: dict[str, object]) -> ComfyPromptRequest:
    """Return the request, without a key for what has no value."""
    body = ComfyPromptRequest(
        workflow_id=submission.workflow_id, inputs=JsonObject.from_dict(inputs)
    )
    for name in ("alias_id", "version_id", "randomise_seeds", "return_temp_files"):
        value = getattr(submission, name)
        if value is not None:
            setattr(body, name, value)
    return body
