"""Start and stop, several at once, nothing left behind."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from speedpix_emulator import Emulator, serving

from speedpix.constants import KEEPALIVE_EXPIRY

from .wire import PROGRESS, Wire


@pytest.fixture
def threads():
    """A function that names the emulator's threads that were not there before the test."""
    before = set(threading.enumerate())
    return lambda: {
        thread.name for thread in set(threading.enumerate()) - before if "speedpix" in thread.name
    }


def test_nothing_is_left_behind(threads, echo):
    directories = {stored.file.parent for stored in echo.emulator.objects}
    echo.upload(b"content")
    directories |= {stored.file.parent for stored in echo.emulator.objects}
    echo.result(echo.submit("echo", {}))
    echo.emulator.stop()
    assert threads() == set()
    assert [path for path in directories if path.exists()] == []
    assert Path(tempfile.gettempdir()) in {path.parent for path in directories}


def test_stop_is_safe_to_repeat_and_jobs_stay(echo):
    echo.submit("echo", {})
    for _ in range(2):
        echo.emulator.stop()
    assert len(echo.emulator.jobs) == 1
    assert echo.emulator.count("submit") == 1
    with pytest.raises(httpx.ConnectError):
        echo.http.get(echo.emulator.url)


def test_start_again():
    emulator = Emulator()
    for _ in range(2):
        emulator.start()
        assert httpx.post(emulator.url).status_code == 404
        emulator.stop()


def test_idle_connections_outlive_those_that_clients_keep(monkeypatch):
    assert serving.KEEP_ALIVE_SECONDS > KEEPALIVE_EXPIRY
    monkeypatch.setattr(serving, "KEEP_ALIVE_SECONDS", 0)
    with Emulator() as emulator, socket.create_connection(host_and_port(emulator)) as idle:
        idle.settimeout(4)
        idle.sendall(b"GET /store/none HTTP/1.1\r\nhost: emulator\r\n\r\n")
        answer = b"".join(iter(lambda: idle.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 403 ")


def host_and_port(emulator):
    parts = urlsplit(emulator.url)
    return parts.hostname, parts.port


def test_not_started():
    with pytest.raises(RuntimeError, match="has not been started"):
        _ = Emulator().url


def test_port_that_is_taken(wire):
    port = httpx.URL(wire.emulator.url).port
    with pytest.raises(OSError, match=r"[Aa]ddress already in use"):
        Emulator(port=port).start()
    assert wire.post(PROGRESS, {"taskId": "x"}).status_code == 200


def test_several_at_once(serve):
    first, second = serve(app_key="one"), serve(app_key="two")
    assert first.emulator.url != second.emulator.url
    assert first.post(PROGRESS, {"taskId": "x"}).status_code == 200
    crossed = Wire(first.emulator, first.http)
    headers = crossed.headers(PROGRESS, b"{}")
    refused = first.http.post(second.emulator.url + PROGRESS, content=b"{}", headers=headers)
    assert refused.headers["x-ca-error-message"] == "Invalid AppKey"


def test_secret_is_in_no_repr(wire):
    wire.emulator.workflow("w")(lambda **_: None)
    wire.submit("w", {"prompt": "a private text"})
    shown = repr([wire.emulator, wire.emulator.jobs, wire.emulator.requests])
    assert wire.emulator.app_secret not in shown
    assert "a private text" not in shown


def test_requests_and_connections_are_recorded(echo):
    echo.submit("echo", {"a": 1})
    echo.upload(b"12345")
    seen = [(each.operation, each.status, each.fault) for each in echo.emulator.requests]
    assert seen == [("submit", 200, None), ("sign", 200, None), ("put", 200, None)]
    put = echo.emulator.requests[-1]
    assert (put.method, put.body_size) == ("PUT", 5)
    assert "x-ca-key" not in put.headers
    assert "Signature" not in put.path
    assert echo.emulator.count("submit") == 1
    assert echo.emulator.connections == 1


def test_many_runs_at_once(echo):
    def run(number):
        return echo.result(echo.submit("echo", {"number": number}))["result"]["echo"]["number"]

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(run, range(200))) == list(range(200))
    assert len({job.id for job in echo.emulator.jobs}) == 200


def test_stop_does_not_wait_for_what_hangs(threads, echo):
    echo.emulator.faults.add("progress", "hang_before")

    def ask():
        with contextlib.suppress(httpx.TransportError):
            echo.post(PROGRESS, {"taskId": "x"})

    asking = threading.Thread(target=ask)
    asking.start()
    while echo.emulator.count("progress") == 0:
        pass
    echo.emulator.stop()
    asking.join()
    assert threads() == set()


def test_unbound_workflow_kinds_are_refused():
    with pytest.raises(ValueError, match="picture"):
        Emulator().workflow("w", inputs={"a": "picture"})(lambda **_: None)
