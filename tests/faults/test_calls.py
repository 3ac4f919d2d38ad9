"""Retries, clocks, deadlines and redirects, seen from outside."""

from __future__ import annotations

import asyncio
import http.server
import logging
import ssl
import threading

import pytest
import trustme
from serving import serving
from speedpix_api.models import ComfyPromptRequest, JsonObject, TaskRequest
from speedpix_emulator import Answer, Emulator, Failure, Fault
from speedpix_emulator.fault_catalogue import http_status

from speedpix import (
    APIConnectionError,
    AuthenticationError,
    Client,
    PredictionError,
    PredictionTimeoutError,
    RateLimitError,
    ServerError,
    SubmitOutcomeUnknownError,
    comfy_get_progress,
    comfy_prompt,
)
from speedpix.testing import NoWaitClock

CONTENT = bytes(range(256)) * 400


@pytest.fixture
def submitted(emulator, make_client):
    return make_client().run("echo", {"file": CONTENT}, wait=False)


def test_retry_after_is_honoured(emulator, make_client, clock):
    emulator.faults.add("sign", http_status(503, retry_after="7"))
    clock.sleeps.clear()
    make_client().files.create(CONTENT)
    assert 7 <= clock.sleeps[0] < 8


def test_a_retry_after_beyond_reason_ends_the_call(emulator, make_client, clock):
    emulator.faults.add("sign", http_status(503, retry_after="86400"), times=10)
    clock.sleeps.clear()
    with pytest.raises(ServerError):
        make_client().files.create(CONTENT)
    assert sum(clock.sleeps) <= 120


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_wrong_clock_is_corrected_once_and_remembered(emulator, clock, hours, make_client):
    wrong = NoWaitClock(clock.time() + hours * 3600)
    client = make_client(clock=wrong)
    before = emulator.count("sign")
    client.files.create(CONTENT)
    assert emulator.count("sign") == before + 2
    client.files.create(CONTENT + b"0")
    assert emulator.count("sign") == before + 3


def test_a_clock_that_stays_wrong_is_an_error(emulator, make_client):
    emulator.faults.add("sign", "timestamp_expired", times=5)
    before = emulator.count("sign")
    with pytest.raises(AuthenticationError, match="clock"):
        make_client().files.create(CONTENT)
    assert emulator.count("sign") == before + 2


def test_low_level_calls_are_retried(emulator, make_client, submitted):
    client, body = make_client(), TaskRequest(task_id=submitted.id)
    for fault in ("bad_gateway", "html", "drop_after", "null_data", "throttled"):
        emulator.faults.add("progress", fault)
        assert comfy_get_progress.sync(client=client.api, body=body).data.task_id == submitted.id

    async def main() -> None:
        emulator.faults.add("progress", "bad_gateway", times=3)
        found = await comfy_get_progress.asyncio(client=client.api, body=body)
        assert found.data.task_id == submitted.id
        await client.aclose()

    asyncio.run(main())


def test_a_low_level_submit_is_not_sent_twice(emulator, make_client):
    body = ComfyPromptRequest(
        workflow_id="echo", inputs=JsonObject.from_dict({"file": "x"}), alias_id="main"
    )
    emulator.faults.add("submit", "drop_after")
    before = emulator.count("submit")
    with pytest.raises(SubmitOutcomeUnknownError):
        comfy_prompt.sync(client=make_client().api, body=body)
    assert emulator.count("submit") == before + 1


def test_an_unknown_outcome_says_so_and_keeps_the_cause(emulator, make_client):
    unavailable = Answer(503, {"x-ca-request-id": "R-1"})
    emulator.faults.add("submit", Fault("unavailable", answer=unavailable))
    with pytest.raises(SubmitOutcomeUnknownError, match="not known") as caught:
        make_client().run("echo", {"file": CONTENT})
    assert caught.value.status_code == 503
    assert isinstance(caught.value.__cause__, ServerError)
    assert caught.value.request_id == "R-1"


def test_a_throttled_submit_waits_and_is_taken_once(emulator, make_client):
    jobs = len(emulator.jobs)
    emulator.faults.add("submit", "throttled", times=3)
    make_client().run("echo", {"file": CONTENT})
    assert len(emulator.jobs) == jobs + 1


def test_a_daily_limit_is_not_retried(emulator, make_client):
    emulator.faults.add("submit", "throttled_by_domain", times=2)
    with pytest.raises(RateLimitError):
        make_client().run("echo", {"file": CONTENT})
    assert emulator.faults.pending == 1


def test_the_wait_ends_at_its_timeout_with_a_live_prediction(emulator, make_client, clock):
    emulator.next_run("echo", duration=100)
    start = clock.monotonic()
    with pytest.raises(PredictionTimeoutError) as caught:
        make_client().run("echo", {"file": CONTENT}, wait_timeout=10)
    assert isinstance(caught.value, TimeoutError)
    assert clock.monotonic() - start == pytest.approx(10, abs=0.2)
    assert caught.value.prediction.wait().output["copy"].read() == CONTENT


def test_a_hung_poll_does_not_outlast_the_wait(emulator):
    """On the real clock: the poll hangs, the client's patience is long, the wait is short."""
    with Emulator() as real:

        @real.workflow("slow", inputs={}, outputs={"x": "text"}, duration=60)
        def slow() -> dict[str, str]:
            return {"x": ""}

        real.faults.add("progress", "hang_before", times=50)
        with Client(real.app_key, real.app_secret, endpoint=real.url, timeout=600) as client:
            with pytest.raises(PredictionTimeoutError):
                client.run("slow", {}, wait_timeout=0.3)

            async def main() -> None:
                async with client:
                    await client.async_run("slow", {}, wait_timeout=0.3)

            with pytest.raises(PredictionTimeoutError):
                asyncio.run(main())
        real.faults.clear()


@pytest.mark.parametrize(
    "statuses",
    [{"succeeded": "successed"}, {"running": "warming_up", "waiting": "dreaming"}],
    ids=str,
)
def test_odd_statuses_do_not_end_a_run(emulator, make_client, statuses):
    emulator.next_run("echo", statuses=statuses)
    assert make_client().run("echo", {"file": CONTENT})["copy"].read() == CONTENT


@pytest.mark.parametrize("in_envelope", [True, False])
def test_a_failed_run_is_a_prediction_error(emulator, make_client, in_envelope):
    failure = Failure("the model ran out of memory", code="OOM", in_envelope=in_envelope)
    emulator.next_run("echo", failure=failure)
    with pytest.raises(PredictionError) as caught:
        make_client().run("echo", {"file": CONTENT})
    prediction = caught.value.prediction
    assert prediction.status == "failed"
    if in_envelope:
        assert str(caught.value).startswith("the model ran out of memory (code OOM")
        assert (prediction.error, prediction.error_code) == ("the model ran out of memory", "OOM")


@pytest.mark.parametrize("in_envelope", [True, False])
@pytest.mark.parametrize("status", ["cancelled", "canceled", "expired"])
def test_a_run_may_end_in_other_ways(emulator, make_client, status, in_envelope):
    failure = Failure("somebody stopped it", in_envelope=in_envelope, status=status)
    emulator.next_run("echo", failure=failure)
    with pytest.raises(PredictionError, match="somebody stopped it") as caught:
        make_client().run("echo", {"file": CONTENT})
    known = status != "expired"
    assert caught.value.prediction.status == (status if known else "failed")


def test_a_redirect_is_not_followed_and_nothing_leaks(emulator, make_client):
    with Emulator(app_key="other", app_secret="other") as elsewhere:
        location = {"location": f"{elsewhere.url}/scc/comfy_prompt", "set-cookie": "a=b"}
        fault = Fault("redirect", answer=Answer(307, location))
        emulator.faults.add("submit", fault)
        with pytest.raises(ServerError, match="redirect"):
            make_client().run("echo", {"file": CONTENT})
        assert elsewhere.requests == []


def test_cookies_and_gateway_headers_stay_at_the_gateway(clock):
    with Emulator(clock=clock, separate_store=True) as emulator:

        @emulator.workflow("echo", inputs={"file": "file"}, outputs={"copy": "file"})
        def echo(file: bytes) -> dict[str, bytes]:
            return {"copy": file}

        fault = Fault("cookie", set_headers={"set-cookie": "session=1; Path=/"})
        emulator.faults.add("sign", fault)
        with Client(
            emulator.app_key, emulator.app_secret, endpoint=emulator.url, clock=clock
        ) as client:
            assert client.run("echo", {"file": CONTENT})["copy"].read() == CONTENT
        for request in emulator.requests:
            assert "cookie" not in request.headers
            if request.operation in ("put", "get"):
                assert not [name for name in request.headers if name.startswith(("x-ca", "x-sp"))]
                assert "authorization" not in request.headers


def test_the_environments_proxy_is_used(emulator, clock, monkeypatch):
    seen = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.path)
            self.send_error(502)

    with serving(Proxy) as (_, url):
        monkeypatch.setenv("HTTP_PROXY", url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        client = Client(
            "k", "s", endpoint="http://speedpix.invalid", allow_http=True, max_retries=0
        )
        with client, pytest.raises(ServerError):
            client.files.create(CONTENT)
    assert seen == ["http://speedpix.invalid/scc/sp_create_temp_file_upload_sign"]


def test_the_environments_certificates_are_trusted(tmp_path, monkeypatch):
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.RequestHandlerClass.log_message = lambda *_: None
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        settings = {"endpoint": f"https://localhost:{server.server_port}", "max_retries": 0}
        with Client("k", "s", **settings) as client, pytest.raises(APIConnectionError) as caught:
            client.files.create(CONTENT)
        assert "certificate" in str(caught.value).lower()
        assert "SSL_CERT_FILE" in str(caught.value)
        assert caught.value.sent is False
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        with Client("k", "s", **settings) as client, pytest.raises(ServerError) as answered:
            client.files.create(CONTENT)
        assert answered.value.status_code == 501  # the server knows no POST: it was reached
        server.shutdown()
        thread.join()


def test_the_log_tells_states_and_requests_without_secrets(emulator, make_client, caplog):
    caplog.set_level(logging.DEBUG, "speedpix")
    emulator.faults.add("put", "store_unavailable")
    emulator.faults.add("get", "drop_mid_download")
    make_client().run("echo", {"file": CONTENT})["copy"].read()
    text = "\n".join(record.getMessage() for record in caplog.records)
    assert "submitted" in text
    assert "succeeded" in text
    assert "Signature" not in text
    assert emulator.app_secret not in text
    states = [
        r for r in caplog.records if r.levelno == logging.INFO and "prediction" in r.getMessage()
    ]
    assert len(states) >= 2
