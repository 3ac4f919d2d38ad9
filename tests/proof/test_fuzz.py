"""Whatever the service answers: a valid result, or a SpeedPixException, after a bounded effort."""

from __future__ import annotations

import copy
import json
import pickle

import httpx
import pytest
from hypothesis import given, settings, strategies as st
from speedpix_api.models.comfy_prompt_request import ComfyPromptRequest
from speedpix_api.models.json_object import JsonObject
from speedpix_api.models.task_request import TaskRequest
from speedpix_api.models.upload_sign_request import UploadSignRequest

from speedpix import (
    Client,
    File,
    FileOutput,
    Prediction,
    SpeedPixException,
    comfy_get_progress,
    comfy_get_result,
    comfy_prompt,
    sp_create_temp_file_upload_sign,
)
from speedpix.testing import NoWaitClock

from .hostile import CONTENT, OPERATIONS, Answer, answers, right_answer
from .values import fuzzing

SECRET = "the-secret-of-the-app"
MOST_REQUESTS = 300  # of one run, whatever it is answered
WAIT = 60  # seconds of a stepped clock that a run is waited for


class Broken(httpx.SyncByteStream):
    """A body after which the connection breaks."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def __iter__(self):
        yield self._body
        message = "the connection broke"
        raise httpx.ReadError(message)


class Service:
    """Answer one operation as scripted, and then again as at last; all others as is right."""

    def __init__(self, operation: str, script: list[Answer]) -> None:
        self._operation = operation
        self._script = iter(script)
        self._answer = right_answer(operation)
        self.requests = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        assert self.requests <= MOST_REQUESTS, "this never ends"
        operation = OPERATIONS.get(request.url.path, request.method.lower())
        answer = right_answer(operation)
        if operation == self._operation:
            answer = self._answer = next(self._script, self._answer)
        stream = Broken(answer.body) if answer.broken else httpx.ByteStream(answer.body)
        return httpx.Response(answer.status, headers=answer.headers, stream=stream)


def scripts(operation: str):
    """Some hostile answers, the last of which stays, or gives way to right ones."""
    return st.lists(answers(operation), min_size=1, max_size=3).flatmap(
        lambda hostile: st.sampled_from([hostile, [*hostile, right_answer(operation)]])
    )


def client_of(service: Service, **settings) -> Client:
    transport = httpx.MockTransport(service)
    return Client(
        "the-key",
        SECRET,
        endpoint="http://localhost",
        clock=NoWaitClock(),
        http_client=httpx.Client(transport=transport),
        **settings,
    )


def check_error(error: SpeedPixException) -> None:
    """An error can be shown, copied and sent elsewhere, and tells no secret."""
    shown = f"{error} {error!r} {getattr(error, '__notes__', '')}"
    assert SECRET not in shown
    assert "sig=1" not in shown
    assert "the-key-id" not in shown
    assert shown.encode()
    assert error.message
    twin = pickle.loads(pickle.dumps(error))
    assert (type(twin), str(twin)) == (type(error), str(error))
    assert str(copy.copy(error)) == str(error)


def check_prediction(prediction: Prediction) -> None:
    assert prediction.id == "task-1" or (prediction.id and prediction.id.encode())
    assert prediction.status
    assert isinstance(prediction.status, str)
    assert repr(prediction)
    for moment in (prediction.begin, prediction.end):
        assert moment is None or moment.tzinfo
    assert prediction.progress.fraction is None or 0 <= prediction.progress.fraction <= 1
    if prediction.status == "succeeded":
        check_output(prediction.output)


def check_output(output: object) -> None:
    assert isinstance(output, dict)
    assert json.loads(json.dumps(output)) is not None
    for file in output.values():
        if isinstance(file, FileOutput):
            assert file.filename
            assert isinstance(file.width, (int, type(None)))


def check_file(file: File) -> None:
    assert file.access_url.startswith("http")
    assert file.expire_time is None or file.expire_time.tzinfo
    assert file.size == len(CONTENT)
    assert str(file) == file.access_url


def make_all(client: Client, directory) -> None:
    """Do everything that asks the service, each as far as it goes."""
    attempted(lambda: check_prediction(client.predictions.create("workflow", {"a": 1})))
    attempted(lambda: check_prediction(client.predictions.get("task-1").wait(timeout=WAIT)))
    attempted(lambda: check_file(client.files.create(CONTENT)))
    attempted(lambda: whole_run(client, directory))


def attempted(step) -> None:
    try:
        step()
    except SpeedPixException as error:
        check_error(error)


def whole_run(client: Client, directory) -> None:
    output = client.run("workflow", {"file": CONTENT}, wait_timeout=WAIT)
    check_output(output)
    copied = output.get("copy")
    target = directory / "saved.png"
    if isinstance(copied, FileOutput):
        try:
            assert copied.save(target) == target
            target.unlink()
        finally:
            assert list(directory.iterdir()) == []
        assert isinstance(copied.read(), bytes)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("saved")


@pytest.mark.parametrize("operation", [*OPERATIONS.values(), "put", "get"])
@fuzzing
@given(data=st.data())
def test_hostile_answers(directory, operation, data):
    service = Service(operation, data.draw(scripts(operation)))
    make_all(client_of(service), directory)


@pytest.mark.parametrize("operation", ["submit", "progress", "result"])
@settings(fuzzing, max_examples=15)
@given(data=st.data())
def test_hostile_answers_on_record(directory, tmp_path_factory, operation, data):
    service = Service(operation, data.draw(scripts(operation)))
    history = tmp_path_factory.mktemp("history") / "runs.db"
    make_all(client_of(service, history=history), directory)
    for prediction in client_of(service, history=history).predictions.list():
        assert prediction.status
        assert prediction.id or prediction.status == "submitting"


LOW_LEVEL = {
    "submit": (
        comfy_prompt,
        ComfyPromptRequest(workflow_id="w", alias_id="main", inputs=JsonObject.from_dict({})),
    ),
    "progress": (comfy_get_progress, TaskRequest(task_id="task-1")),
    "result": (comfy_get_result, TaskRequest(task_id="task-1")),
    "sign": (
        sp_create_temp_file_upload_sign,
        UploadSignRequest(content_type="image/png", original_filename="a.png"),
    ),
}


@pytest.mark.parametrize("operation", LOW_LEVEL)
@fuzzing
@given(data=st.data())
def test_hostile_answers_to_a_direct_call(operation, data):
    endpoint, body = LOW_LEVEL[operation]
    client = client_of(Service(operation, data.draw(scripts(operation))))
    attempted(lambda: endpoint.sync(client=client.api, body=body))
