"""Runs: submitted, queued, worked on, told about; by script, without real time."""

from __future__ import annotations

import base64
import io
import sys
import threading

import pytest
from PIL import Image
from speedpix_emulator import Failure, Input, Node, OutputFile, WorkflowError

from .wire import PROGRESS, PROMPT, RESULT, SIGN


def png(size=(6, 4), color="red"):
    buffer = io.BytesIO()
    Image.new("RGB", size, color).save(buffer, format="PNG")
    return buffer.getvalue()


# Begins as a picture of SGI does, and makes no sense as one: Pillow raises ValueError.
NO_SGI = b"\x01\xda\x00\x01\x00\x09" + bytes(600)


def data_uri(content, media_type="image/png"):
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


class TestSubmit:
    def test_answer(self, wire):
        wire.emulator.workflow("w", duration=10, queue=[(2, 1)])(lambda **_: None)
        body = {"workflow_id": "w", "alias_id": "main", "inputs": {}}
        data = wire.data(PROMPT, body)
        assert data["status"] == "waiting"
        assert data["estimatedDurationInSeconds"] == 12
        assert data["taskId"] == wire.emulator.jobs[0].id

    def test_what_was_asked_is_recorded(self, echo):
        body = {
            "workflow_id": "echo",
            "version_id": "v1",
            "inputs": {"深": [1, {"a": None}]},
            "randomise_seeds": True,
            "return_temp_files": True,
        }
        echo.post(PROMPT, body, x_sp_resource_config_id="pool-a,default")
        (job,) = echo.emulator.jobs
        asked = job.submission
        assert (asked.workflow_id, asked.alias_id, asked.version_id) == ("echo", None, "v1")
        assert (asked.randomise_seeds, asked.return_temp_files) == (True, True)
        assert (job.inputs, job.resource_config_id) == (body["inputs"], "pool-a,default")

    @pytest.mark.parametrize(
        ("changes", "code", "named"),
        [
            ({"workflow_id": "nope"}, "WORKFLOW_NOT_FOUND", "nope"),
            ({"alias_id": "dev"}, "ALIAS_NOT_FOUND", "dev"),
            ({"alias_id": None, "version_id": "v9"}, "VERSION_NOT_FOUND", "v9"),
            ({"alias_id": None}, "INVALID_PARAMETER", "alias_id or version_id"),
            ({"workflow_id": None}, "INVALID_PARAMETER", "workflow_id"),
            ({"workflow_id": 7}, "INVALID_PARAMETER", "workflow_id"),
            ({"workflow_id": ""}, "INVALID_PARAMETER", "workflow_id"),
            ({"inputs": None}, "INVALID_PARAMETER", "inputs"),
            ({"inputs": ["a"]}, "INVALID_PARAMETER", "inputs"),
            ({"randomise_seeds": "yes"}, "INVALID_PARAMETER", "randomise_seeds"),
            ({"return_temp_files": 1}, "INVALID_PARAMETER", "return_temp_files"),
        ],
    )
    def test_refused(self, echo, changes, code, named):
        body = {"workflow_id": "echo", "alias_id": "main", "inputs": {}, **changes}
        told, message = echo.error(PROMPT, body)
        assert told == code
        assert named in message
        assert echo.emulator.jobs == []

    @pytest.mark.parametrize(
        "content", [b"", b"{", b"[]", b"null", b'"text"', b"\xff", b'{"inputs": NaN}', b"[" * 9999]
    )
    def test_body_that_is_no_json_object(self, wire, content):
        code, message = wire.error(PROMPT, content)
        assert code == "INVALID_PARAMETER"
        assert "the body is not" in message

    def test_resource_pools(self, serve):
        wire = serve(resource_pools=["pool-a"])
        wire.emulator.workflow("w")(lambda **_: None)
        body = {"workflow_id": "w", "alias_id": "main", "inputs": {}}
        codes = [
            wire.post(PROMPT, body, x_sp_resource_config_id=pools).json()["subErrCode"]
            for pools in ("pool-a", "pool-a,default", "default", "pool-b", "pool-a,pool-b", "a b")
        ]
        unknown = "RESOURCE_CONFIG_NOT_FOUND"
        assert codes == [None, None, None, unknown, unknown, "INVALID_PARAMETER"]

    def test_aliases_and_versions(self, wire):
        for version in ("v1", "v2"):
            wire.emulator.workflow(
                "w", version=version, alias=["main", version + ".1"], outputs={"is": "text"}
            )(lambda version=version, **_: {"is": version})
        ran = [
            wire.result(wire.submit("w", {}, **which))["result"]["is"]
            for which in (
                {"alias_id": "main"},
                {"alias_id": "v1.1"},
                {"alias_id": None, "version_id": "v1"},
                {"alias_id": "main", "version_id": "v1"},
            )
        ]
        assert ran == ["v2", "v1", "v1", "v1"]


class TestInputs:
    @pytest.fixture
    def typed(self, wire):
        @wire.emulator.workflow(
            "typed",
            inputs={
                "image": "image",
                "sound": Input("audio", required=False),
                "text": Input("text", required=False, default="none"),
                "steps": Input("number", required=False, default=20),
                "options": Input("json", required=False),
            },
            outputs={"seen": "json"},
        )
        def look(image, sound, text, steps, options):
            return {"seen": [image.mode, image.size, sound and len(sound), text, steps, options]}

        return wire

    def test_kinds(self, typed):
        inputs = {
            "image": data_uri(png((6, 4))),
            "sound": typed.upload(b"12345", "audio/wav", "a.wav"),
            "text": "一杯咖啡",
            "steps": 1.5,
            "options": {"a": [1]},
        }
        seen = typed.result(typed.submit("typed", inputs))["result"]["seen"]
        assert seen == ["RGB", [6, 4], 5, "一杯咖啡", 1.5, {"a": [1]}]

    def test_defaults(self, typed):
        seen = typed.result(typed.submit("typed", {"image": data_uri(png())}))["result"]["seen"]
        assert seen == ["RGB", [6, 4], None, "none", 20, None]

    @pytest.mark.parametrize(
        ("inputs", "code", "place"),
        [
            ({}, "MISSING_INPUT", "inputs.image:"),
            ({"image": None}, "MISSING_INPUT", "inputs.image:"),
            ({"img": "x"}, "MISSING_INPUT", "inputs.image:"),
            ({"image": 5}, "INVALID_INPUT", "inputs.image:"),
            ({"image": "./input.jpg"}, "INVALID_INPUT", "inputs.image:"),
            ({"image": "data:image/png;base64"}, "INVALID_INPUT", "inputs.image:"),
            ({"image": "data:image/png;base64,%%"}, "INVALID_INPUT", "inputs.image:"),
            ({"image": "https://example.com/a.png"}, "INVALID_INPUT", "example.com"),
            ({"image": "http://127.0.0.1:1/a.png"}, "INVALID_INPUT", "127.0.0.1:1"),
            ({"image": "file:///etc/passwd"}, "INVALID_INPUT", "inputs.image:"),
            ({"image": data_uri(b""), "extra": 1}, "UNKNOWN_INPUT", "inputs.extra:"),
            ({"image": data_uri(b""), "steps": "20"}, "INVALID_INPUT", "inputs.steps:"),
            ({"image": data_uri(b""), "steps": True}, "INVALID_INPUT", "inputs.steps:"),
            ({"image": data_uri(b""), "text": 5}, "INVALID_INPUT", "inputs.text:"),
        ],
    )
    def test_refused(self, typed, inputs, code, place):
        body = {"workflow_id": "typed", "alias_id": "main", "inputs": inputs}
        told, message = typed.error(PROMPT, body)
        assert told == code
        assert place in message

    def test_url_that_expired(self, typed, clock):
        url = typed.upload(png())
        clock.advance(4000)
        body = {"workflow_id": "typed", "alias_id": "main", "inputs": {"image": url}}
        code, message = typed.error(PROMPT, body)
        assert (code, "expired" in message) == ("INVALID_INPUT", True)

    def test_file_that_was_never_uploaded(self, typed):
        url = typed.sign()["accessUrl"]
        body = {"workflow_id": "typed", "alias_id": "main", "inputs": {"image": url}}
        assert typed.error(PROMPT, body)[0] == "INVALID_INPUT"

    def test_file_that_is_no_picture_fails_the_run(self, typed):
        task = typed.submit("typed", {"image": data_uri(b"no picture")})
        assert typed.progress(task)["status"] == "failed"
        code, message = typed.error(RESULT, {"taskId": task})
        assert code == "INVALID_IMAGE"
        assert message == "image: not a picture that can be read (10 bytes)"

    def test_files_of_other_servers_on_this_machine(self, serve):
        other, wire = serve(), serve(allow_remote_urls=True)
        wire.emulator.workflow("w", inputs={"f": "file"}, outputs={"size": "number"})(
            lambda f: {"size": len(f)}
        )
        task = wire.submit("w", {"f": other.upload(b"12345")})
        assert wire.result(task)["result"] == {"size": 5}
        body = {"workflow_id": "w", "alias_id": "main", "inputs": {"f": "http://example.com/a"}}
        assert wire.error(PROMPT, body)[0] == "INVALID_INPUT"

    def test_output_is_the_next_runs_input(self, typed):
        typed.emulator.workflow("make", outputs={"image": "image"})(
            lambda **_: {"image": Image.new("L", (3, 2))}
        )
        url = typed.result(typed.submit("make", {}))["result"]["image"]["url"]
        seen = typed.result(typed.submit("typed", {"image": url}))["result"]["seen"]
        assert seen[:2] == ["L", [3, 2]]


class TestOutputs:
    def test_file_valued_fields(self, wire):
        @wire.emulator.workflow(
            "w",
            outputs={"images": "image", "clip": "video", "sound": "audio", "note": "json"},
        )
        def make(**_):
            return {
                "images": Image.new("RGB", (6, 4)),
                "clip": OutputFile(b"frames", "片段.mp4"),
                "sound": b"RIFF",
                "note": {"text": "一", "numbers": (1, 2.5)},
                "not declared": 1,
            }

        result = wire.result(wire.submit("w", {}))
        fields = result["result"]
        assert list(fields) == ["images", "clip", "sound", "note"]
        told = {name: value for name, value in fields["images"].items() if name not in ("url",)}
        assert told == {
            "type": "image",
            "filename": "images.png",
            "object_key": fields["images"]["object_key"],
            "format": "png",
            "width": 6,
            "height": 4,
        }
        clip = {name: fields["clip"][name] for name in ("type", "filename", "format")}
        assert clip == {"type": "video", "filename": "片段.mp4", "format": "mp4"}
        assert fields["sound"]["type"] == "audio"
        assert fields["note"] == {"text": "一", "numbers": [1, 2.5]}
        assert wire.http.get(fields["clip"]["url"]).content == b"frames"
        assert (result["images"], result["info"], result["parameters"]) == (None, None, None)

    def test_bytes_that_a_codec_takes_for_a_picture_of_its_own(self, wire):
        wire.emulator.workflow("w", outputs={"file": "file"})(lambda **_: {"file": NO_SGI})
        fields = wire.result(wire.submit("w", {}))["result"]
        assert fields["file"]["filename"] == "file.bin"
        assert "width" not in fields["file"]

    def test_without_output_fields(self, wire):
        wire.emulator.workflow("w")(lambda **_: {"a": [png(), png()], "b": b"raw", "c": "text"})
        result = wire.result(wire.submit("w", {}))
        assert result["result"] is None
        assert len(result["images"]) == 3
        assert wire.http.get(result["images"][0]).content == png()

    def test_no_file(self, wire):
        wire.emulator.workflow("w")(lambda **_: None)
        result = wire.result(wire.submit("w", {}))
        assert (result["status"], result["images"], result["result"]) == ("succeeded", None, None)

    def test_temp_files_only_when_asked_for(self, wire):
        wire.emulator.workflow("w", outputs={"n": "number"})(
            lambda **_: {"n": 1, "temp_files": [png()]}
        )
        assert wire.result(wire.submit("w", {}))["images"] is None
        assert len(wire.result(wire.submit("w", {}, return_temp_files=True))["images"]) == 1

    def test_result_url_expires_and_is_renewed(self, serve, clock):
        wire = serve(result_url_lifetime=60)
        wire.emulator.workflow("w")(lambda **_: {"a": png()})
        task = wire.submit("w", {})
        (old,) = wire.result(task)["images"]
        clock.advance(61)
        assert wire.http.get(old).status_code == 403
        (new,) = wire.result(task)["images"]
        assert wire.http.get(new).content == png()

    @pytest.mark.parametrize(
        ("function", "message"),
        [
            (lambda **_: {"x": object()}, "isn't JSON"),
            (lambda **_: {"x": float("nan")}, "isn't JSON"),
            (lambda **_: {}, "returned no 'x'"),
            (lambda **_: 1 / 0, "ZeroDivisionError: division by zero"),
            (lambda only: only, "TypeError"),
        ],
    )
    def test_function_that_is_wrong_fails_the_run(self, wire, function, message):
        wire.emulator.workflow("w", outputs={"x": "any"})(function)
        task = wire.submit("w", {})
        assert wire.progress(task)["status"] == "failed"
        assert message in wire.error(RESULT, {"taskId": task})[1]


class TestProgress:
    def test_from_queue_to_end(self, wire, clock):
        wire.emulator.workflow(
            "w",
            duration=10,
            queue=[(2, 3), (1, 1)],
            nodes=[Node("KSampler", steps=20, weight=4), Node("VAEDecode")],
        )(lambda **_: None)
        task = wire.submit("w", {})

        def told(step):
            clock.advance(step)
            data = wire.progress(task)
            state = data["state"] and tuple(data["state"].values())
            return (
                data["status"],
                data["lastQueueRemaining"],
                data["progress"],
                data["etaRelative"],
                state,
            )

        assert told(0) == ("waiting", 3, 0, 0, None)
        assert told(2) == ("waiting", 1, 0, 0, None)
        assert told(1) == ("running", None, 0, 10, ("KSampler", 0, 20))
        assert told(4) == ("running", None, 0.4, 6, ("KSampler", 10, 20))
        assert told(5) == ("running", None, 0.9, 1, ("VAEDecode", 0, 1))
        assert told(1) == ("succeeded", None, 1, 0, None)

    def test_times_of_the_result(self, wire, clock):
        wire.emulator.workflow("w", duration=10, queue=[(2, 3)])(lambda **_: None)
        begin = clock.time() + 2
        task = wire.submit("w", {})
        unfinished = wire.result(task)
        assert (unfinished["status"], unfinished["result"]) == ("waiting", None)
        clock.advance(60)
        result = wire.result(task)
        assert result["taskDuration"] == 10_000
        assert result["taskBeginTime"] == begin * 1000
        assert result["taskEndTime"] == (begin + 10) * 1000

    def test_twenty_seconds_with_real_work_take_no_time(self, wire, clock):
        wire.emulator.next_run("white-background", duration=20)
        photo = io.BytesIO()
        image = Image.new("RGB", (40, 30), "white")
        image.paste("red", (12, 8, 28, 22))
        image.save(photo, format="PNG")
        inputs = {"image": data_uri(photo.getvalue()), "text": "一"}
        task = wire.submit("white-background", inputs)
        assert wire.progress(task)["status"] == "waiting"
        clock.advance(20.5)
        assert wire.progress(task)["status"] == "succeeded"
        assert wire.result(task)["result"]["mask_image"]["width"] == 40

    def test_work_that_takes_longer_than_its_script_is_waited_for(self, wire):
        go_on = threading.Event()
        wire.emulator.workflow("w", duration=0)(lambda **_: go_on.wait(60) and None)
        task = wire.submit("w", {})
        assert wire.emulator.jobs[0].status == "running"
        told = []
        asking = threading.Thread(target=lambda: told.append(wire.progress(task)["status"]))
        asking.start()
        while wire.emulator.count("progress") == 0:
            pass
        assert told == []
        go_on.set()
        asking.join()
        assert told == ["succeeded"]

    def test_duration_by_inputs(self, wire, clock):
        wire.emulator.workflow("w", duration=lambda inputs: inputs["steps"] / 2)(lambda **_: None)
        task = wire.submit("w", {"steps": 20})
        clock.advance(9.9)
        assert wire.progress(task)["status"] == "running"
        clock.advance(0.1)
        assert wire.progress(task)["status"] == "succeeded"

    @pytest.mark.parametrize(
        ("script", "estimate", "eta"),
        [
            ({}, 10, 5),
            ({"eta": 3}, 30, 15),
            ({"eta": 1 / 4}, 2.5, 1.25),
            ({"eta": None}, None, None),
            ({"estimate": 7}, 7, 5),
            ({"eta": "scaled/4"}, 2.5, 1.25),
            ({"eta": "countdown*3"}, 30, 25),
            ({"eta": "countdown/4"}, 2.5, 0),
            ({"eta": "average*2"}, 6, 1),
            ({"eta": "still"}, 10, 10),
            ({"eta": "growing"}, 10, 15),
            ({"eta": "zero"}, 0, 0),
            ({"eta": "huge"}, 1e9, 1e9),
            ({"eta": "negative"}, -10, -5),
        ],
    )
    def test_what_is_said_of_the_time_left(self, wire, clock, script, estimate, eta):
        wire.emulator.workflow("w", duration=10, **script)(lambda **_: None)
        body = {"workflow_id": "w", "alias_id": "main", "inputs": {}}
        data = wire.data(PROMPT, body)
        assert data["estimatedDurationInSeconds"] == estimate
        clock.advance(5)
        assert wire.progress(data["taskId"])["etaRelative"] == eta

    @pytest.mark.parametrize(
        ("progress", "told"),
        [
            ("linear", [0.2, 0.8, 0.9]),
            ("nodes", [0.4, 0.6, 0.8]),
            ("sticks*2", [0.4, 0.99, 0.99]),
            ("absent", [0, 0, 0]),
        ],
    )
    def test_what_is_said_of_the_fraction_done(self, wire, clock, progress, told):
        wire.emulator.workflow("w", duration=10, progress=progress)(lambda **_: None)
        task = wire.submit("w", {})
        found = []
        for seconds in (2, 6, 1):
            clock.advance(seconds)
            found.append(wire.progress(task)["progress"])
        assert found == told
        clock.advance(1)
        assert wire.progress(task)["progress"] == 1

    def test_the_fraction_jumps_when_a_node_ends(self, wire, clock):
        nodes = [Node("LoadImage"), Node("KSampler", weight=9)]
        script = {"duration": 10, "nodes": nodes, "progress": "nodes"}
        wire.emulator.workflow("w", **script)(lambda **_: None)
        task = wire.submit("w", {})
        clock.advance(2)
        assert wire.progress(task)["progress"] == 0.5
        clock.advance(7)
        assert wire.progress(task)["progress"] == 0.5

    @pytest.mark.parametrize(
        "script",
        [{"eta": "soon"}, {"eta": "countdown*"}, {"eta": "still*0"}, {"progress": "slow"}],
    )
    def test_a_claim_that_nobody_knows_is_refused(self, wire, script):
        with pytest.raises(ValueError, match=r"(eta|progress): .* is none of "):
            wire.emulator.next_run(**script)

    def test_other_names_for_statuses(self, wire, clock):
        names = {"waiting": "created", "running": "paused", "succeeded": "successed"}
        wire.emulator.workflow("w", duration=10, queue=[(1, 0)], statuses=names)(lambda **_: None)
        task = wire.submit("w", {})
        told = []
        for seconds in (0, 5, 10):
            clock.advance(seconds)
            told.append(wire.progress(task)["status"])
        assert told == ["created", "paused", "successed"]
        assert wire.result(task)["status"] == "successed"

    @pytest.mark.parametrize("path", [PROGRESS, RESULT])
    def test_unknown_run(self, wire, path):
        assert wire.error(path, {"taskId": "nope"})[0] == "TASK_NOT_FOUND"
        assert wire.error(path, {"taskId": 5})[0] == "INVALID_PARAMETER"
        assert wire.error(path, {})[0] == "INVALID_PARAMETER"


class TestFailures:
    def test_scripted(self, wire, clock):
        failure = Failure("KSampler: out of memory", code="OOM", at=0.5)
        wire.emulator.workflow("w", duration=10, failure=failure)(lambda **_: None)
        task = wire.submit("w", {})
        clock.advance(4)
        assert wire.progress(task)["status"] == "running"
        clock.advance(1)
        told = wire.progress(task)
        assert (told["status"], told["message"]) == ("failed", "KSampler: out of memory")
        assert wire.error(RESULT, {"taskId": task}) == ("OOM", "KSampler: out of memory")

    def test_told_in_the_payload(self, wire):
        failure = Failure("out of memory", code="OOM", in_envelope=False)
        wire.emulator.workflow("w", failure=failure)(lambda **_: None)
        envelope = wire.post(RESULT, {"taskId": wire.submit("w", {})}).json()
        assert (envelope["status"], envelope["data"]["status"]) == (10, "failed")
        assert envelope["subErrMessage"] == "out of memory"

    def test_by_the_function(self, wire):
        def fail(**_):
            message = "a bad prompt"
            raise WorkflowError(message, "CONTENT")

        wire.emulator.workflow("w")(fail)
        task = wire.submit("w", {})
        assert wire.progress(task)["message"] == "a bad prompt"
        assert wire.error(RESULT, {"taskId": task}) == ("CONTENT", "a bad prompt")

    def test_of_the_next_runs_only(self, echo):
        echo.emulator.next_run("echo", times=2, failure=Failure("no"))
        echo.emulator.next_run("another", failure=Failure("never met"))
        tasks = [echo.submit("echo", {}) for _ in range(3)]
        statuses = [echo.progress(task)["status"] for task in tasks]
        assert statuses == ["failed", "failed", "succeeded"]

    def test_unknown_script_is_refused(self, wire):
        with pytest.raises(TypeError):
            wire.emulator.next_run(durations=20)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"contentType": None}, "contentType"),
        ({"contentType": "png"}, "contentType"),
        ({"contentType": "image/png\r\n"}, "contentType"),
        ({"originalFilename": ""}, "originalFilename"),
        ({"size": -1}, "size"),
        ({"size": 1.5}, "size"),
        ({"size": True}, "size"),
        ({"size": 1e400}, "size"),
    ],
)
def test_upload_sign_refused(wire, changes, named):
    body = {"contentType": "image/png", "originalFilename": "a.png", "size": 5, **changes}
    code, message = wire.error(SIGN, body)
    assert code == "INVALID_PARAMETER"
    assert named in message or "the body is not JSON" in message


@pytest.mark.parametrize("leave", [lambda: pytest.fail("wrong input"), lambda: sys.exit(3)])
def test_a_function_that_leaves_is_a_failed_run(wire, clock, leave):
    @wire.emulator.workflow("leaving", inputs={}, outputs={}, duration=1)
    def leaving():
        leave()

    task = wire.submit("leaving", {})
    clock.advance(2)
    assert wire.progress(task)["status"] == "failed"


def test_a_function_that_never_returns_does_not_hold_up_the_stop(serve):
    wire = serve()
    entered, never = threading.Event(), threading.Event()

    @wire.emulator.workflow("endless", inputs={}, outputs={}, duration=1)
    def endless():
        entered.set()
        never.wait()

    wire.submit("endless", {})
    entered.wait()
    stopping = threading.Thread(target=wire.emulator.stop)
    stopping.start()
    stopping.join(20)
    stopped = not stopping.is_alive()
    never.set()
    stopping.join()
    assert stopped


def test_a_failure_may_be_given_as_text(wire, clock):
    @wire.emulator.workflow("failing", inputs={}, outputs={}, duration=1, failure="no luck")
    def failing():
        return {}

    task = wire.submit("failing", {})
    clock.advance(2)
    assert wire.progress(task)["message"] == "no luck"
