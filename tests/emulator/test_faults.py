"""Each fault, as a client sees it, and what it leaves at the service."""

from __future__ import annotations

import collections
import contextlib
import hashlib
import threading
import xml.etree.ElementTree as ET

import httpx
import pytest
from speedpix_emulator import Answer, Fault, http_status, service_error, store_error

from .wire import PROGRESS, PROMPT, RESULT, SIGN

RUN = {"workflow_id": "echo", "alias_id": "main", "inputs": {"n": 1}}
CALLS = {"submit": PROMPT, "progress": PROGRESS, "result": RESULT, "sign": SIGN}
CONTENT = bytes(range(256)) * 400


@pytest.fixture
def faults(echo):
    return echo.emulator.faults


def bodies(wire):
    task = {"taskId": wire.submit("echo", {})}
    place = {"contentType": "image/png", "originalFilename": "a.png"}
    return {"submit": RUN, "progress": task, "result": task, "sign": place}


class TestPlan:
    def test_times_and_after(self, echo, faults):
        faults.add("submit", "unavailable", times=2, after=1)
        statuses = [echo.post(PROMPT, RUN).status_code for _ in range(5)]
        assert statuses == [200, 503, 503, 200, 200]
        assert faults.pending == 0

    def test_other_operations_are_untouched(self, echo, faults):
        faults.add("result", "unavailable")
        assert echo.post(PROMPT, RUN).status_code == 200
        assert faults.pending == 1

    def test_any_operation(self, echo, faults):
        faults.add("*", "bad_gateway", times=2)
        asked = bodies
        assert echo.post(PROMPT, RUN).status_code == 502
        assert echo.post(SIGN, {}).status_code == 502
        assert asked(echo)

    def test_values_of_ones_own(self, echo, faults):
        faults.add("submit", http_status(429, "T429XX", "Throttled", retry_after="7"))
        response = echo.post(PROMPT, RUN)
        assert (response.status_code, response.headers["retry-after"]) == (429, "7")
        assert response.headers["x-ca-error-code"] == "T429XX"
        faults.add("submit", service_error("BUSY", "too busy"))
        assert echo.error(PROMPT, RUN) == ("BUSY", "too busy")
        faults.add("get", store_error(404, "NoSuchBucket", "gone"))
        response = echo.http.get(echo.upload(CONTENT))
        assert ET.fromstring(response.text).findtext("Code") == "NoSuchBucket"
        faults.add("submit", Fault("mine", answer=Answer(418, {"x-mine": "1"}, b"tea")))
        response = echo.post(PROMPT, RUN)
        assert (response.status_code, response.headers["x-mine"]) == (418, "1")
        assert echo.emulator.requests[-1].fault == "mine"

    @pytest.mark.parametrize(
        ("operation", "fault", "told"),
        [("polling", "html", "polling"), ("submit", "corrupt", "throttled"), ("*", "x", "corrupt")],
    )
    def test_unknown_names(self, faults, operation, fault, told):
        with pytest.raises(ValueError, match=told):
            faults.add(operation, fault)

    def test_random_faults_repeat_with_the_seed(self, echo, faults):
        def met(seed):
            faults.random(0.5, seed, names=["bad_gateway", "empty", "throttled", "nonce_used"])
            for _ in range(40):
                echo.post(SIGN, {})
            faults.random(0, seed)
            return [each.fault for each in echo.emulator.requests[-40:]]

        first = met(1)
        assert first == met(1) != met(2)
        assert {None, "bad_gateway", "empty", "throttled", "nonce_used"} == set(first)

    def test_clear(self, echo, faults):
        faults.add("submit", "unavailable", times=9)
        faults.random(1.0, 1)
        faults.clear()
        assert echo.post(PROMPT, RUN).status_code == 200


@pytest.mark.parametrize("operation", CALLS)
class TestCalls:
    @pytest.mark.parametrize(
        ("name", "answer"),
        [
            ("throttled", (429, "T429UN", "Throttled by USER Flow Control")),
            ("throttled_legacy", (403, None, "Throttled by USER Flow Control")),
            ("throttled_by_domain", (403, None, "Throttled by DOMAIN Flow Control")),
            ("backend_throttled", (429, None, None)),
            ("internal_error", (500, None, None)),
            ("bad_gateway", (502, None, None)),
            ("unavailable", (503, None, None)),
            ("gateway_timeout", (504, "D504RE", "Backend service request timeout")),
            ("unauthorized", (403, "I403AA", "Unauthorized")),
            ("quota_exhausted", (403, "B403BQ", "Quota Exhausted")),
            ("timestamp_expired", (400, "I400TE", "Timestamp Expired")),
            ("nonce_used", (400, "I400NU", "Nonce Used")),
        ],
    )
    def test_gateway_answers(self, echo, operation, name, answer):
        body = bodies(echo)[operation]
        runs = len(echo.emulator.jobs)
        echo.emulator.faults.add(operation, name)
        response = echo.post(CALLS[operation], body)
        names = ("x-ca-error-code", "x-ca-error-message")
        assert (response.status_code, *map(response.headers.get, names)) == answer
        assert response.headers["date"]
        assert len(echo.emulator.jobs) == runs

    @pytest.mark.parametrize(
        "name", ["html", "garbage", "empty", "top_level_list", "deep_nesting", "truncated_json"]
    )
    def test_200_without_an_envelope(self, echo, faults, operation, name):
        body = bodies(echo)[operation]
        faults.add(operation, name)
        response = echo.post(CALLS[operation], body)
        assert response.status_code == 200
        with contextlib.suppress(ValueError, RecursionError):
            assert not isinstance(response.json(), dict)

    @pytest.mark.parametrize("name", ["null_data", "missing_data"])
    def test_no_data(self, echo, faults, operation, name):
        body = bodies(echo)[operation]
        faults.add(operation, name)
        envelope = echo.post(CALLS[operation], body).json()
        assert envelope["status"] == 10
        assert envelope.get("data", None) is None
        assert ("data" in envelope) == (name == "null_data")

    def test_wrong_types(self, echo, faults, operation):
        body = bodies(echo)[operation]
        faults.add(operation, "wrong_types")
        data = echo.post(CALLS[operation], body).json()["data"]
        assert data["status"] == 7
        assert data["uploadUrl"] == 7

    def test_redirect_leads_elsewhere(self, echo, faults, operation):
        body = bodies(echo)[operation]
        faults.add(operation, "redirect")
        response = echo.post(CALLS[operation], body)
        assert response.status_code == 307
        assert httpx.URL(response.headers["location"]).netloc != httpx.URL(echo.emulator.url).netloc

    @pytest.mark.parametrize("name", ["drop_before", "drop_after"])
    def test_connection_lost(self, echo, faults, operation, name):
        body = bodies(echo)[operation]
        faults.add(operation, name)
        with pytest.raises(httpx.TransportError):
            echo.post(CALLS[operation], body)
        assert echo.emulator.requests[-1].status is None or name == "drop_after"
        assert echo.post(CALLS[operation], body).status_code == 200


def test_dropped_before_no_job_dropped_after_one_job(echo, faults):
    for name, jobs in (("drop_before", 0), ("drop_after", 1), ("truncated_json", 2)):
        faults.add("submit", name)
        with contextlib.suppress(httpx.TransportError):
            echo.post(PROMPT, RUN)
        assert len(echo.emulator.jobs) == jobs


@pytest.mark.parametrize(("name", "jobs"), [("hang_before", 0), ("hang_after", 1)])
def test_hanging_until_released(echo, faults, name, jobs):
    faults.add("submit", name)
    answers = []
    asking = threading.Thread(target=lambda: answers.append(echo.post(PROMPT, RUN).status_code))
    asking.start()
    while echo.emulator.count("submit") < 1 or len(echo.emulator.jobs) < jobs:
        pass
    assert (answers, len(echo.emulator.jobs)) == ([], jobs)
    faults.release()
    asking.join()
    assert (answers, len(echo.emulator.jobs)) == ([200], 1)


def test_hanging_longer_than_the_client_waits(echo, faults):
    faults.add("progress", "hang_before")
    headers = echo.headers(PROGRESS, b"{}")
    url = echo.emulator.url + PROGRESS
    with pytest.raises(httpx.ReadTimeout):
        echo.http.post(url, content=b"{}", headers=headers, timeout=0.05)


def test_slow_answer_is_whole(echo, faults):
    faults.add("get", Fault("slow", slow=0.001))
    assert echo.http.get(echo.upload(CONTENT)).content == CONTENT


class TestUploads:
    @pytest.mark.parametrize(
        ("name", "status", "code"),
        [
            ("store_internal_error", 500, "InternalError"),
            ("store_unavailable", 503, "ServiceUnavailable"),
            ("expired", 403, "AccessDenied"),
        ],
    )
    def test_refused(self, echo, faults, name, status, code):
        faults.add("put", name)
        response = echo.put(echo.sign()["uploadUrl"], CONTENT)
        assert response.status_code == status
        assert ET.fromstring(response.text).findtext("Code") == code
        assert echo.emulator.objects == []

    def test_stored_though_the_callback_failed(self, echo, faults):
        faults.add("put", "callback_failed")
        place = echo.sign()
        response = echo.put(place["uploadUrl"], CONTENT)
        assert response.status_code == 203
        assert ET.fromstring(response.text).findtext("Code") == "CallbackFailed"
        assert echo.http.get(place["accessUrl"]).content == CONTENT

    def test_wrong_checksums_told(self, echo, faults):
        right = echo.put(echo.sign()["uploadUrl"], CONTENT).headers
        for name, header in (("wrong_etag", "etag"), ("wrong_crc64", "x-oss-hash-crc64ecma")):
            faults.add("put", name)
            wrong = echo.put(echo.sign()["uploadUrl"], CONTENT).headers
            assert wrong[header] != right[header]

    @pytest.mark.parametrize(
        ("name", "stored"), [("drop_mid_upload", 0), ("drop_before", 0), ("drop_after", 1)]
    )
    def test_connection_lost(self, echo, faults, name, stored):
        faults.add("put", name)
        place = echo.sign()
        with pytest.raises(httpx.TransportError):
            echo.put(place["uploadUrl"], CONTENT * 20)
        assert len(echo.emulator.objects) == stored
        assert echo.put(place["uploadUrl"], CONTENT).status_code == 200

    def test_interrupted_uploads_leave_no_file(self, echo, faults):
        echo.upload(CONTENT)
        directory = echo.emulator.objects[0].file.parent
        faults.add("put", "drop_mid_upload")
        with pytest.raises(httpx.TransportError):
            echo.put(echo.sign()["uploadUrl"], CONTENT * 20)
        echo.upload(CONTENT)
        assert len(list(directory.iterdir())) == 2


def received_before_the_end(wire, url):
    """The bytes of a download that must break off."""
    received = bytearray()
    with wire.http.stream("GET", url) as response:
        assert response.headers["content-length"] == str(len(CONTENT))
        pieces = response.iter_raw()
        with pytest.raises(httpx.RemoteProtocolError):
            collections.deque(map(received.extend, pieces))
    return bytes(received)


class TestDownloads:
    @pytest.fixture
    def url(self, echo):
        return echo.upload(CONTENT)

    def test_connection_lost_half_way(self, echo, faults, url):
        faults.add("get", "drop_mid_download")
        assert received_before_the_end(echo, url) == CONTENT[: len(CONTENT) // 2]

    def test_connection_lost_after_so_many_bytes(self, echo, faults, url):
        faults.add("get", Fault("lost", lose_answer=1000))
        assert received_before_the_end(echo, url) == CONTENT[:1000]

    def test_corrupt_byte(self, echo, faults, url):
        faults.add("get", "corrupt")
        response = echo.http.get(url)
        differing = [n for n, byte in enumerate(response.content) if byte != CONTENT[n]]
        assert differing == [len(CONTENT) // 2]
        right = hashlib.md5(CONTENT).hexdigest().upper()
        assert response.headers["etag"] == f'"{right}"'

    def test_cut_short_and_said_to_be_whole(self, echo, faults, url):
        faults.add("get", "cut")
        response = echo.http.get(url)
        assert response.content == CONTENT[: len(CONTENT) // 2]
        assert response.headers["content-length"] == str(len(CONTENT) // 2)

    def test_range_ignored(self, echo, faults, url):
        faults.add("get", "range_ignored")
        response = echo.http.get(url, headers={"range": "bytes=5-", "if-match": '"x"'})
        assert (response.status_code, response.content) == (200, CONTENT)

    @pytest.mark.parametrize(("name", "status"), [("changed", 412), ("expired", 403)])
    def test_refused(self, echo, faults, url, name, status):
        faults.add("get", name)
        assert echo.http.get(url).status_code == status
        assert echo.http.get(url).status_code == 200
