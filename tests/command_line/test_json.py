"""`--json`: one document on stdout whose keys are always the same, on errors too."""

from __future__ import annotations

from datetime import datetime

import pytest

RUN = {
    *("id", "status", "workflow_id", "submitted_at", "begin", "end", "duration", "progress"),
    *("output", "info", "saved", "invoke_id", "error", "label"),
}
PROGRESS = {
    *("status", "fraction", "queue_length", "seconds_left", "node", "step", "steps", "message"),
    "current_image",
}
FILE = {
    *("access_url", "expire_time", "name", "content_type", "size", "path", "object_key", "error"),
}
ERROR = {"type", "message", "code", "status_code", "request_id", "invoke_id", "resume"}


def test_a_run_that_succeeds(speedpix, emulator):
    done = speedpix("run", "copy", "-i", "file=@input.jpg", "-o", "out", "--json")
    document = done.json
    assert done.code == 0
    assert set(document) == RUN
    assert set(document["progress"]) == PROGRESS
    assert document["id"] == emulator.jobs[-1].id
    assert (document["status"], document["workflow_id"]) == ("succeeded", "copy")
    assert document["output"]["picture"]["url"].startswith("http://")
    assert document["saved"] == ["out/input-picture.jpg"]
    assert document["duration"] == 0.0
    assert document["error"] is None
    for name in ("submitted_at", "begin", "end"):
        assert datetime.fromisoformat(document[name]).utcoffset() is not None
    assert speedpix("status", document["id"], "--json").json["output"].keys() == {
        "picture",
        "caption",
    }


def test_a_run_that_fails(speedpix):
    done = speedpix("run", "failing", "--json")
    assert done.code == 4
    assert set(done.json) == RUN
    assert (done.json["status"], done.json["output"]) == ("failed", None)
    error = done.json["error"]
    assert set(error) == ERROR
    assert (error["type"], error["code"]) == ("PredictionError", "LUCK")
    assert error["message"] == "out of luck"
    asked = speedpix("status", done.json["id"], "--json")
    assert asked.code == 0
    assert set(asked.json) == RUN
    assert asked.json["error"] == {**error, "invoke_id": asked.json["invoke_id"]}


def test_a_run_that_is_not_waited_for_and_one_that_takes_too_long(speedpix):
    document = speedpix("run", "slow", "--no-wait", "--json").json
    assert set(document) == RUN
    assert (document["status"], document["error"]) == ("waiting", None)
    done = speedpix("wait", document["id"], "--timeout", "0", "--json")
    assert done.code == 5
    assert set(done.json) == RUN
    assert done.json["id"] == document["id"]
    assert done.json["error"]["type"] == "PredictionTimeoutError"
    assert done.json["error"]["resume"] == f"speedpix wait {document['id']}"


@pytest.mark.parametrize("command", ["run", "save"])
def test_an_error_before_there_is_a_run(speedpix, command):
    done = speedpix(command, "nowhere", "--json")
    assert done.code == 1
    assert set(done.json) == RUN
    assert {key for key in RUN if done.json[key] is not None} == {"error"}
    assert set(done.json["error"]) == ERROR
    assert done.json["error"]["type"] == "NotFoundError"
    assert done.json["error"]["request_id"]


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (["run", "echo", "-i", "oops"], RUN),
        (["upload", "missing.jpg"], FILE),
        (["list", "--limit", "0"], {"runs", "error"}),
        (["nonsense"], {"error"}),
    ],
)
def test_what_is_typed_is_wrong(speedpix, arguments, keys):
    done = speedpix(*arguments, "--json")
    assert (done.code, done.err) == (2, "")
    assert set(done.json) == keys
    assert set(done.json["error"]) == ERROR
    assert done.json["error"]["type"] == "UsageError"


def test_the_history(speedpix):
    assert speedpix("list", "--json").json == {"runs": [], "error": None}
    speedpix("run", "failing")
    (run,) = speedpix("list", "--json").json["runs"]
    assert set(run) == RUN
    assert (run["workflow_id"], run["status"], run["progress"]) == ("failing", "failed", None)
    assert set(run["error"]) == ERROR


def test_an_upload(speedpix, emulator):
    document = speedpix("upload", "input.jpg", "--json").json
    assert set(document) == FILE
    assert (document["name"], document["content_type"]) == ("input.jpg", "image/jpeg")
    assert document["size"] == emulator.objects[-1].size
    assert datetime.fromisoformat(document["expire_time"]).utcoffset() is not None
