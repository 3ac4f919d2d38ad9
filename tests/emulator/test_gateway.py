"""The gateway lets a rightly signed request through, and refuses each kind of other."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from speedpix_emulator import Emulator, SteppedClock

from .wire import PROGRESS, PROMPT, SIGN, SIGNED

BODY = {"taskId": "none"}
VECTORS = json.loads((Path(__file__).parent.parent / "data/signature_vectors.json").read_text())


def refusal(response):
    assert response.content == b""
    assert response.headers["x-ca-request-id"]
    return (
        response.status_code,
        response.headers["x-ca-error-code"],
        response.headers["x-ca-error-message"],
    )


def test_signed_request_reaches_the_service(wire):
    response = wire.post(PROGRESS, BODY)
    assert response.status_code == 200
    assert "x-ca-error-code" not in response.headers
    assert response.json()["subErrCode"] == "TASK_NOT_FOUND"


def test_every_answer_has_its_own_request_id(wire):
    ids = {wire.post(PROGRESS, BODY).headers["x-ca-request-id"] for _ in range(3)}
    assert len(ids) == 3


def test_date_header_tells_the_emulators_time(wire, clock):
    clock.advance(3 * 3600)
    response = wire.post(PROGRESS, BODY)
    assert parsedate_to_datetime(response.headers["date"]).timestamp() == int(clock.time())


@pytest.mark.parametrize("name", SIGNED)
def test_missing_header(wire, name):
    changes = {name.replace("-", "_"): None}
    response = wire.post(PROGRESS, BODY, **changes)
    assert refusal(response) == (400, "I400MH", f"Header `{name}` is Required")


def test_unknown_key(wire):
    response = wire.post(PROGRESS, BODY, x_ca_key="someone-else")
    assert refusal(response) == (400, "A400IK", "Invalid AppKey")


def test_empty_signature(wire):
    response = wire.post(PROGRESS, BODY, after={"x-ca-signature": ""})
    assert refusal(response) == (403, "A403IS", "Empty Signature")


def test_wrong_secret_is_told_with_the_servers_string(wire):
    content = json.dumps(BODY).encode()
    headers = wire.headers(PROGRESS, content, secret="wrong")
    response = wire.http.post(wire.emulator.url + PROGRESS, content=content, headers=headers)
    status, code, message = refusal(response)
    md5 = base64.b64encode(hashlib.md5(content).digest()).decode()
    shown = (
        f"POST#{headers['accept']}#{md5}#{headers['content-type']}#{headers['date']}"
        f"#x-ca-key:{headers['x-ca-key']}#x-ca-nonce:{headers['x-ca-nonce']}"
        f"#x-ca-signature-method:HmacSHA256#x-ca-timestamp:{headers['x-ca-timestamp']}"
        f"#{PROGRESS}"
    )
    assert (status, code) == (403, "A403IS")
    assert message == f"Invalid Signature, Server StringToSign:{shown}"
    assert wire.emulator.app_secret not in message


@pytest.mark.parametrize("name", ["accept", "content-type", "date", "x-ca-nonce"])
def test_header_changed_on_the_way(wire, name):
    changed = {"content-type": "application/json"}.get(name, "changed")
    response = wire.post(PROGRESS, BODY, after={name: changed})
    assert refusal(response)[:2] == (403, "A403IS")


def test_body_changed_on_the_way(wire):
    headers = wire.headers(PROGRESS, b'{"taskId":"a"}')
    url = wire.emulator.url + PROGRESS
    response = wire.http.post(url, content=b'{"taskId":"b"}', headers=headers)
    assert refusal(response) == (400, "I400I5", "Invalid Content-MD5")


def test_body_without_content_md5(wire):
    response = wire.post(PROGRESS, BODY, content_md5=None)
    assert response.status_code == 200


def test_headers_as_the_java_client_sends_them(wire):
    response = wire.post(
        PROGRESS,
        BODY,
        content_md5=None,
        date="Sun, 22 Nov 2026 10:00:00 GMT+00:00",
        signed=tuple(reversed(SIGNED)),
    )
    assert response.status_code == 200


def test_null_fields(wire):
    body = {"contentType": "image/png", "originalFilename": "a.png", "size": None}
    assert wire.data(SIGN, body)["uploadUrl"]


def test_calls_beyond_the_limit_are_throttled(serve, clock):
    wire = serve(calls_per_second=2)
    answers = [wire.post(PROGRESS, BODY) for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert refusal(answers[2])[:2] == (429, "T429UN")
    clock.advance(1)
    assert wire.post(PROGRESS, BODY).status_code == 200


@pytest.mark.parametrize("fault", ["null_data", "missing_data", "wrong_types"])
def test_a_throttle_stays_one_where_a_fault_changes_answers(serve, fault):
    wire = serve(calls_per_second=1)
    wire.post(PROGRESS, BODY)
    wire.emulator.faults.add("progress", fault)
    assert refusal(wire.post(PROGRESS, BODY))[:2] == (429, "T429UN")


def test_runs_beyond_the_limit_are_throttled(serve, clock):
    wire = serve(running_jobs=1)

    @wire.emulator.workflow("slow", inputs={}, outputs={}, duration=10)
    def work():
        return {}

    wire.submit("slow", {})
    body = {"workflow_id": "slow", "alias_id": "main", "inputs": {}}
    refused = wire.post(PROMPT, body)
    assert refusal(refused)[:2] == (429, "T429UN")
    assert refused.headers["x-ca-request-id"]
    clock.advance(11)
    assert wire.submit("slow", {})


class CountingClock(SteppedClock):
    """A clock that counts how often it is read."""

    reads = 0

    def monotonic(self):
        self.reads += 1
        return super().monotonic()


@pytest.mark.parametrize("limit", [None, 10])
def test_a_submit_looks_at_no_run_that_ended(serve, limit):
    clock = CountingClock()
    wire = serve(running_jobs=limit, clock=clock)

    @wire.emulator.workflow("short", inputs={}, outputs={})
    def work():
        return {}

    def reads_of_a_submit():
        before = clock.reads
        task_id = wire.submit("short", {})
        reads = clock.reads - before
        assert wire.progress(task_id)["status"] == "succeeded"
        return reads

    reads = [reads_of_a_submit() for _ in range(20)]
    assert reads[-1] == reads[2]


def test_planned_faults_of_the_gateway_carry_an_id(wire):
    wire.emulator.faults.add("progress", "throttled")
    assert wire.post(PROGRESS, BODY).headers["x-ca-request-id"]


@pytest.mark.parametrize(("minutes", "status"), [(-15, 200), (15, 200), (-15.1, 400), (15.1, 400)])
def test_clock_window(wire, clock, minutes, status):
    timestamp = str(round((clock.time() + minutes * 60) * 1000))
    response = wire.post(PROGRESS, BODY, x_ca_timestamp=timestamp)
    assert response.status_code == status
    if status == 400:
        assert response.headers["x-ca-error-message"] == "Timestamp Expired"


@pytest.mark.parametrize("timestamp", ["soon", "-1", "1.5", "٣"])
def test_timestamp_that_is_no_number(wire, timestamp):
    response = wire.post(PROGRESS, BODY, x_ca_timestamp=timestamp.encode())
    assert refusal(response)[:2] == (400, "I400HD")


def test_nonce_works_once_in_fifteen_minutes(wire, clock):
    assert wire.post(PROGRESS, BODY, x_ca_nonce="once").status_code == 200
    clock.advance(14 * 60)
    assert refusal(wire.post(PROGRESS, BODY, x_ca_nonce="once"))[2] == "Nonce Used"
    clock.advance(2 * 60)
    assert wire.post(PROGRESS, BODY, x_ca_nonce="once").status_code == 200


def test_nonce_of_a_refused_request_is_not_used_up(wire):
    refused = wire.post(PROGRESS, BODY, x_ca_nonce="mine", secret="wrong")
    assert refused.status_code == 403
    assert wire.post(PROGRESS, BODY, x_ca_nonce="mine").status_code == 200


@pytest.mark.parametrize("name", SIGNED)
def test_headers_that_must_be_signed(wire, name):
    signed = [each for each in SIGNED if each != name]
    response = wire.post(PROGRESS, BODY, signed=signed)
    assert refusal(response)[:2] == (400, "I400HD")


def test_signed_headers_may_be_listed_in_any_order(wire):
    response = wire.post(PROGRESS, BODY, signed=tuple(reversed(SIGNED)))
    assert response.status_code == 200


def test_resource_header_may_be_signed_or_not(echo):
    body = {"workflow_id": "echo", "alias_id": "main", "inputs": {}}
    name = "x-sp-resource-config-id"
    signed = echo.post(PROMPT, body, signed=(*SIGNED, name), x_sp_resource_config_id="a,default")
    unsigned = echo.post(PROMPT, body, x_sp_resource_config_id="b")
    assert signed.json()["status"] == unsigned.json()["status"] == 10
    assert [job.resource_config_id for job in echo.emulator.jobs] == ["a,default", "b"]


def test_resource_header_changed_after_signing(echo):
    name = "x-sp-resource-config-id"
    response = echo.post(
        PROMPT, {}, signed=(*SIGNED, name), x_sp_resource_config_id="a", after={name: "b"}
    )
    assert refusal(response)[:2] == (403, "A403IS")


def test_content_type_must_be_json(wire):
    response = wire.post(PROGRESS, BODY, content_type="text/plain")
    assert refusal(response)[:2] == (400, "I400CT")


@pytest.mark.parametrize("path", ["/", "/scc", "/scc/comfy_cancel", "/scc/comfy_prompt/", "/store"])
def test_nothing_else_is_there(wire, path):
    assert refusal(wire.post(path, BODY)) == (404, "I404NF", "API not found")


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"])
def test_calls_are_posted(wire, method):
    response = wire.http.request(method, wire.emulator.url + PROMPT)
    assert refusal(response) == (405, "I405UM", f"Unsupported Method `{method}`")
    assert response.headers["allow"] == "POST"


def test_header_given_twice(wire):
    content = json.dumps(BODY).encode()
    headers = [*wire.headers(PROGRESS, content).items(), ("x-ca-nonce", "another")]
    response = wire.http.post(wire.emulator.url + PROGRESS, content=content, headers=headers)
    assert refusal(response)[:2] == (400, "I400HD")


def test_body_too_large(wire):
    response = wire.http.post(wire.emulator.url + PROGRESS, content=bytes(65 * 1024 * 1024))
    assert refusal(response)[:2] == (413, "I413RL")


def applies(vector):
    """Whether the vector is a request that these calls have."""
    names = vector["headers_in"]["x-ca-signature-headers"].split(",")
    return vector["method"] == "POST" and set(SIGNED) <= set(names) and vector["body_utf8"]


@pytest.mark.parametrize(
    "vector", [each for each in VECTORS if applies(each)], ids=lambda vector: vector["name"]
)
def test_signature_vector_is_accepted(vector):
    clock = SteppedClock(int(vector["timestamp"]) / 1000)
    with Emulator(vector["app_key"], vector["app_secret"], clock=clock) as emulator:
        headers = {**vector["headers_in"], "x-ca-signature": vector["expected_signature"]}
        connection = http.client.HTTPConnection(emulator.url.removeprefix("http://"))
        connection.putrequest("POST", vector["path_and_query"], skip_accept_encoding=True)
        content = vector["body_utf8"].encode()
        for name, value in {**headers, "content-length": str(len(content))}.items():
            connection.putheader(name, value.encode())
        connection.endheaders(content)
        response = connection.getresponse()
        response.read()
        connection.close()
    # None of the vectors is a valid submission: it reached the service, which says so.
    assert response.getheader("x-ca-error-message") in {
        None,
        "Invalid Content-Type, must be application/json",
    }
