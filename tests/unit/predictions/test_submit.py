"""Starting a run: local files first, then one submit."""

from __future__ import annotations

import base64
import json

import pytest

from speedpix import (
    APIConnectionError,
    InputError,
    InvalidRequestError,
    NotFoundError,
    SubmitOutcomeUnknownError,
    UploadError,
)
from speedpix.predictions.options import submission
from speedpix.predictions.submit import submit

from ..stage import Stage, gateway_error, ok, refused, reply

SIGNED = ok(
    uploadUrl="https://store.test/put", accessUrl="https://store.test/get", objectKey="k", path="p"
)
STORED = reply(b"", 200)
TAKEN = ok(taskId="run-1", status="waiting", estimatedDurationInSeconds=12)


def start(stage, given, *answers, **options):
    flow = submit(stage.context, submission("workflow-1", given, options))
    return stage.run(flow, *answers)


def sent(stage):
    return json.loads(stage.bodies[-1])


def test_the_prediction_that_comes_back(stage):
    prediction = start(stage, {"text": "一幅画"}, TAKEN)
    assert prediction.id == "run-1"
    assert prediction.status == "waiting"
    assert prediction.input == {"text": "一幅画"}
    assert prediction.output is None
    assert prediction.invoke_id == "i_1"
    assert prediction.workflow_id == "workflow-1"
    assert prediction.estimated_duration == 12
    assert prediction.submitted_at == stage.clock.time()


def test_only_what_has_a_value_is_sent(stage):
    start(stage, {"text": "一幅画"}, TAKEN)
    assert sent(stage) == {
        "workflow_id": "workflow-1",
        "alias_id": "main",
        "inputs": {"text": "一幅画"},
    }
    assert "一幅画".encode() in stage.bodies[-1]
    assert "x-sp-resource-config-id" not in stage.requests[-1].headers


def test_every_option_is_sent(stage):
    start(
        stage,
        {},
        TAKEN,
        version_id="v2",
        randomise_seeds=True,
        return_temp_files=False,
        resource_config_id="pool-a,default",
    )
    assert sent(stage) == {
        "workflow_id": "workflow-1",
        "version_id": "v2",
        "randomise_seeds": True,
        "return_temp_files": False,
        "inputs": {},
    }
    assert stage.requests[-1].headers["x-sp-resource-config-id"] == "pool-a,default"


def test_files_are_uploaded_first_each_once(stage):
    content = b"content"
    given = {"a": content, "deep": [{"b": content}], "c": b"other"}
    prediction = start(stage, given, SIGNED, STORED, SIGNED, STORED, TAKEN)
    assert [request.method for request in stage.requests] == ["POST", "PUT"] * 2 + ["POST"]
    url = "https://store.test/get"
    assert sent(stage)["inputs"] == {"a": url, "deep": [{"b": url}], "c": url}
    assert prediction.input == sent(stage)["inputs"]


def test_base64_sends_everything_in_one_request(stage):
    start(stage, {"a": b"\xff\xd8\xffjpeg"}, TAKEN, file_encoding_strategy="base64")
    assert len(stage.requests) == 1
    expected = base64.b64encode(b"\xff\xd8\xffjpeg").decode()
    assert sent(stage)["inputs"] == {"a": f"data:image/jpeg;base64,{expected}"}


@pytest.mark.parametrize(
    ("given", "options"),
    [
        ({"a": b"content", "b": "./missing.jpg"}, {}),
        ({"a": b"content", "b": float("nan")}, {}),
        ({"a": b"content", "b": b"x" * (1024 * 1024 + 1)}, {"file_encoding_strategy": "base64"}),
    ],
)
def test_everything_is_checked_before_anything_is_sent(stage, given, options):
    with pytest.raises(InputError, match=r'input\["b"\]'):
        start(stage, given, **options)
    assert stage.requests == []


def test_a_failed_upload_submits_nothing(stage):
    refusal = reply(b"<Error><Code>NoSuchBucket</Code></Error>", 404)
    with pytest.raises(UploadError) as caught:
        start(stage, {"a": {"b": b"content"}}, SIGNED, refusal)
    assert stage.paths == ["sp_create_temp_file_upload_sign", "put"]
    assert caught.value.__notes__ == ['while uploading input["a"]["b"]; nothing was submitted']


def test_never_leaves_strings_alone(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(b"content")
    monkeypatch.chdir(tmp_path)
    stage = Stage(local_files="never")
    start(stage, {"a": "a.jpg", "b": "./missing.jpg"}, TAKEN)
    assert sent(stage)["inputs"] == {"a": "a.jpg", "b": "./missing.jpg"}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refused("the workflow does not exist"), NotFoundError),
        (refused("inputs.image: required"), InvalidRequestError),
        (gateway_error(503, "D503BB", "Backend Unavailable"), SubmitOutcomeUnknownError),
        (APIConnectionError("the line broke"), SubmitOutcomeUnknownError),
        (ok(taskId=None), SubmitOutcomeUnknownError),
        (ok(taskId=[7]), SubmitOutcomeUnknownError),
        (ok(taskId=7.5), SubmitOutcomeUnknownError),
        (reply(b'{"status": 10, "data": {"taskId": 12'), SubmitOutcomeUnknownError),
        (ok(), SubmitOutcomeUnknownError),
    ],
)
def test_a_submit_that_did_not_succeed(stage, answer, kind):
    with pytest.raises(kind):
        start(stage, {}, answer)
    assert len(stage.requests) == 1


@pytest.mark.parametrize("status", [None, "successed", "novel", 7])
def test_any_status_will_do(stage, status):
    prediction = start(stage, {}, ok(taskId="run-1", status=status))
    expected = {"successed": "succeeded", "novel": "novel"}.get(status, "waiting")
    assert prediction.status == expected


def test_what_was_submitted_is_remembered_newest_first(stage):
    for number in range(3):
        start(stage, {}, ok(taskId=f"run-{number}"))
    with pytest.raises(InvalidRequestError):
        start(stage, {}, refused("no"))
    remembered = stage.context.history.newest_first()
    assert [prediction.id for prediction in remembered] == ["run-2", "run-1", "run-0"]


def test_memory_is_bounded(stage):
    for number in range(1005):
        start(stage, {}, ok(taskId=f"run-{number}"))
    remembered = stage.context.history.newest_first()
    assert len(remembered) == 1000
    assert remembered[0].id == "run-1004"
