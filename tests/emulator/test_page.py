"""The emulator's page, as a browser asks for it: what it tells, to whom, and what it keeps back."""

from __future__ import annotations

import contextlib
import io
import json
import re

import httpx
import pytest
from PIL import Image
from speedpix_emulator import Node, WorkflowError

from .wire import PROMPT, SIGNED


def png(size=(900, 600)):
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, format="PNG")
    return buffer.getvalue()


@contextlib.contextmanager
def events(wire):
    """The states that the page is sent, one after another."""
    with wire.http.stream("GET", wire.emulator.url + "/page/events", timeout=30) as answer:
        lines = answer.iter_lines()
        yield (json.loads(line[len("data: ") :]) for line in lines if line.startswith("data: "))


def state(wire):
    with events(wire) as states:
        return next(states)


def get(wire, path, **headers):
    return wire.http.get(wire.emulator.url + path, headers=headers)


def change(wire, wanted, origin=None):
    url = wire.emulator.url
    headers = {"origin": url if origin is None else origin}
    return wire.http.post(url + "/page/faults", json=wanted, headers=headers)


@pytest.fixture
def mirror(wire):
    """A workflow with a node and a queue, and a run of it that waits."""

    @wire.emulator.workflow(
        "mirror",
        inputs={"image": "image", "text": "text"},
        outputs={"picture": "image"},
        queue=[(5, 3)],
        duration=10,
        nodes=[Node("Flip", steps=4)],
    )
    def flip(image, text):
        if text == "fail":
            message = "no way"
            raise WorkflowError(message, "NO_WAY")
        return {"picture": image, "info": {"warnings": ["upside down"]}}

    return wire


def submit(wire, text="<b>好</b>"):
    return wire.submit("mirror", {"image": wire.upload(png()), "text": text})


class TestRuns:
    def test_where_a_run_is(self, mirror, clock):
        submit(mirror)
        [run] = state(mirror)["runs"]
        assert (run["workflow"], run["status"], run["ahead"]) == ("mirror", "waiting", 3)
        assert run["inputs"] == {"text": "<b>好</b>"}
        clock.advance(10)
        [run] = state(mirror)["runs"]
        told = [run[name] for name in ("status", "percent", "node", "step", "steps", "seconds")]
        assert told == ["running", 50, "Flip", 2, 4, 10.0]
        assert [file["side"] for file in run["files"]] == ["input"]

    def test_what_came_out(self, mirror, clock):
        task = submit(mirror)
        clock.advance(60)
        mirror.result(task)
        [run] = state(mirror)["runs"]
        assert (run["status"], run["percent"], run["info"]["warnings"]) == (
            "succeeded",
            100,
            ["upside down"],
        )
        assert [(file["side"], file["field"]) for file in run["files"]] == [
            ("input", "image"),
            ("output", "picture"),
        ]
        for number in (0, 1):
            answer = get(mirror, f"/page/runs/{task}/files/{number}")
            with Image.open(io.BytesIO(answer.content)) as thumbnail:
                assert thumbnail.size == (320, 213)
        assert get(mirror, f"/page/runs/{task}/files/2").status_code == 404

    def test_a_failure_is_told_once(self, mirror, clock):
        task = submit(mirror, "fail")
        clock.advance(60)
        assert mirror.error("/scc/comfy_get_result", {"taskId": task})[0] == "NO_WAY"
        told = state(mirror)
        assert told["runs"][0]["error"] == {"code": "NO_WAY", "message": "no way"}
        assert told["refusals"] == []

    def test_it_is_live(self, mirror, clock):
        with events(mirror) as states:
            assert next(states)["runs"] == []
            submit(mirror)
            statuses = []
            while statuses[-1:] != ["succeeded"]:
                statuses += [run["status"] for run in next(states)["runs"]]
                clock.advance(6)
        assert statuses[0] == "waiting"

    def test_the_latest_are_shown(self, echo):
        for number in range(205):
            echo.submit("echo", {"number": number})
        told = state(echo)
        assert (len(told["runs"]), told["run_count"]) == (200, 205)
        assert told["runs"][0]["inputs"] == {"number": "204"}

    def test_its_requests_and_answers(self, mirror, clock):
        task = submit(mirror)
        mirror.submit("mirror", {"image": mirror.upload(png()), "text": "another"})
        clock.advance(60)
        mirror.result(task)
        exchanges = get(mirror, f"/page/runs/{task}").json()
        assert [each["operation"] for each in exchanges] == ["sign", "put", "submit", "result"]
        assert json.loads(exchanges[2]["sent"])["inputs"]["text"] == "<b>好</b>"
        assert json.loads(exchanges[3]["answered"])["data"]["taskId"] == task


class TestRefusals:
    def test_an_invalid_signature_shows_what_should_have_been_signed(self, wire):
        wire.post(PROMPT, {}, secret="wrong")
        [refusal] = state(wire)["refusals"]
        assert (refusal["by"], refusal["code"]) == ("gateway", "A403IS")
        assert refusal["message"] == "Invalid Signature"
        assert refusal["reason"].startswith("no single field explains it: the app secret differs")
        fields = dict(refusal["fields"])
        assert list(fields)[:5] == ["method", "accept", "content-md5", "content-type", "date"]
        assert fields["path"] == PROMPT
        assert fields["x-ca-key"] == wire.emulator.app_key

    def test_a_field_that_was_not_signed_is_named(self, wire):
        wire.post(PROMPT, {}, date=None, after={"date": "Sun, 22 Nov 2026 10:00:00 GMT"})
        [refusal] = state(wire)["refusals"]
        assert refusal["reason"] == "date: sent, but signed as if it were empty"

    def test_a_header_that_is_listed_only_is_named(self, wire):
        listed = ",".join([*SIGNED, "x-new"])
        wire.post(PROMPT, {}, after={"x-ca-signature-headers": listed})
        [refusal] = state(wire)["refusals"]
        assert refusal["reason"] == "x-new: listed in x-ca-signature-headers, but not signed"

    def test_the_services_and_the_stores(self, mirror):
        mirror.error(PROMPT, {"workflow_id": "mirror", "alias_id": "main", "inputs": {"text": "x"}})
        get(mirror, "/store/temp/nothing")
        told = [(each["by"], each["code"], each["message"]) for each in state(mirror)["refusals"]]
        assert told == [
            ("store", "AccessDenied", "You have no right to access this object."),
            ("service", "MISSING_INPUT", "inputs.image: required, and not given"),
        ]

    def test_a_fault_is_named(self, echo):
        echo.emulator.faults.add("submit", "throttled")
        echo.post(PROMPT, {})
        [refusal] = state(echo)["refusals"]
        assert (refusal["code"], refusal["fault"]) == ("T429UN", "throttled")


class TestStore:
    def test_objects_and_their_thumbnails(self, wire):
        wire.upload(png(), name="a b.png")
        wire.upload(b"words", "text/plain", "words.txt")
        text, picture = state(wire)["objects"]
        assert (text["type"], text["size"]) == ("text/plain", 5)
        answer = get(wire, "/page/objects/" + picture["key"])
        assert answer.headers["content-type"] == "image/png"
        assert len(answer.content) < len(png())
        assert get(wire, "/page/objects/" + text["key"]).status_code == 404


class TestFaults:
    def test_set_and_cleared(self, wire):
        known = get(wire, "/page/faults").json()
        assert "drop_after" in known["submit"]
        assert "wrong_etag" in known["put"]
        assert change(wire, {"set": ["submit", "throttled", 2]}).status_code == 204
        assert change(wire, {"set": ["*", "drop_before", 1]}).status_code == 204
        told = state(wire)["faults"]
        assert [(each["operation"], each["name"], each["times"]) for each in told] == [
            ("submit", "throttled", 2),
            ("*", "drop_before", 1),
        ]
        assert change(wire, {"clear": ["submit", "throttled"]}).status_code == 204
        assert [each["name"] for each in state(wire)["faults"]] == ["drop_before"]
        assert change(wire, {"clear": "all"}).status_code == 204
        assert state(wire)["faults"] == []

    @pytest.mark.parametrize("wanted", [{}, [], {"set": 1}, {"set": ["submit", "no", 1]}, "all"])
    def test_what_is_not_understood_changes_nothing(self, wire, wanted):
        assert change(wire, wanted).status_code == 400
        assert wire.emulator.faults.pending == 0


class TestWhatItSaysInChinese:
    @pytest.fixture
    def table(self, wire):
        """What the page says in English and in Chinese."""
        script = get(wire, "/page/chinese.js").text
        return dict(re.findall(r'^  "(.+)":\s+"(.+)",$', script, re.MULTILINE))

    def test_it_is_all_that_it_says(self, wire, table):
        script, page = get(wire, "/page/page.js").text, get(wire, "/").text
        said = {*re.findall(r'say\("([^"]+)"', script)}
        written = re.findall(r">([^<>]*\w[^<>]*)<", page)
        commands = re.findall(r"<pre>([^<]+)<", page)
        written = {each.strip() for each in written} - set(commands)
        by = {f"{{}} · by the {each}" for each in ("gateway", "service", "store")}
        states = {"waiting", "running", "succeeded", "failed", "cancelled"}
        assert table.keys() == said | written | by | states

    def test_values_are_kept(self, table):
        assert [e for e, chinese in table.items() if e.count("{}") != chinese.count("{}")] == []


class TestWhoMaySeeIt:
    PATHS = (
        *("/", "/page/page.js", "/page/chinese.js", "/page/page.css", "/page/icon.svg"),
        "/page/faults",
    )

    def test_policy(self, wire):
        for path in self.PATHS:
            answer = get(wire, path)
            assert answer.status_code == 200
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'; script-src 'self'" in policy
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"

    def test_no_script_or_style_within_the_page(self, wire):
        page = get(wire, "/").text
        assert "<style" not in page
        assert "style=" not in page
        assert not re.search(r"\son\w+=", page)
        script = get(wire, "/page/page.js").text + get(wire, "/page/chinese.js").text
        for sink in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval("):
            assert sink not in script

    def test_another_name_that_leads_here_is_refused(self, wire):
        for path in (*self.PATHS, "/page/events"):
            answer = get(wire, path, host="evil.example")
            assert answer.status_code == 403

    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
    def test_other_sites_change_nothing(self, wire, origin):
        assert change(wire, {"set": ["submit", "throttled", 1]}, origin).status_code == 403
        assert wire.emulator.faults.pending == 0

    def test_there_is_none_beyond_loopback(self, serve):
        wire = serve(host="0.0.0.0")
        url = wire.emulator.url.replace("0.0.0.0", "127.0.0.1")
        for path in self.PATHS:
            answer = httpx.get(url + path)
            assert (answer.status_code, answer.headers["x-ca-error-code"]) == (404, "I404NF")

    def test_nothing_secret(self, mirror, clock):
        task = submit(mirror)
        mirror.post(PROMPT, {}, secret="wrong")
        long = {"image": mirror.upload(png()), "text": "x" * 20_000}  # more than what is kept
        escaped = json.dumps({"workflow_id": "mirror", "alias_id": "main", "inputs": long})
        escaped = escaped.replace("/", "\\/").replace("?", "\\u003f").replace("&", "\\u0026")
        second = mirror.post(PROMPT, escaped.encode()).json()["data"]["taskId"]
        clock.advance(60)
        mirror.result(task)
        told = json.dumps(state(mirror))
        told += get(mirror, f"/page/runs/{task}").text + get(mirror, f"/page/runs/{second}").text
        for secret in ("Signature=", "OSSAccessKeyId=", "Expires=", 'x-ca-signature"', "wrong"):
            assert secret not in told
        assert mirror.emulator.app_secret not in told

    def test_looking_leaves_no_trace(self, wire):
        for path in self.PATHS:
            get(wire, path)
        state(wire)
        assert wire.emulator.requests == []

    def test_watchers_are_bounded_and_end_with_the_emulator(self, wire):
        with contextlib.ExitStack() as stack:
            watched = [stack.enter_context(events(wire)) for _ in range(8)]
            for states in watched:
                next(states)
            assert get(wire, "/page/events").status_code == 503
            wire.emulator.stop()
            assert [list(states) for states in watched] == [[]] * 8
