"""Connections that are kept: used again while they are good, and never where they are not."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gzip
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import httpx
import pytest
from raw_gateway import envelope, raw_gateway
from serving import serving
from speedpix_emulator import Answer, Fault

from speedpix import APIConnectionError, APITimeoutError, Client, DownloadError, UploadError

FORKING = """
import os, sys
from speedpix import Client

client = Client()
run = client.run("echo", {"file": b"before"}, wait=False)
child = os.fork()
for _ in range(20):
    client.predictions.get(run.id)
if child == 0:
    os._exit(0)
sys.exit(os.waitpid(child, 0)[1])
"""


@pytest.fixture(params=["sync", "async"])
def get(request):
    """A function that asks for a run several times, blocking or with `await`."""

    def blocking(client, ids):
        with client:
            return [client.predictions.get(each).id for each in ids]

    def awaiting(client, ids):
        async def main():
            async with client:
                return [(await client.predictions.async_get(each)).id for each in ids]

        return asyncio.run(main())

    return blocking if request.param == "sync" else awaiting


@contextmanager
def hanging_up():
    """A server that says nothing of closing its connections, and closes them all the same."""
    hung_up = threading.Semaphore(0)

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            body = json.dumps({"status": 10, "data": {"status": "waiting"}}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            self.close_connection = True

        def log_message(self, *_):
            """Keep quiet."""

    class Server(http.server.ThreadingHTTPServer):
        def shutdown_request(self, request):
            super().shutdown_request(request)
            hung_up.release()

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", hung_up
        finally:
            server.shutdown()
            thread.join()


def test_a_connection_that_the_server_closed_is_not_used_again():
    with hanging_up() as (url, hung_up), Client("k", "s", url, max_retries=0) as client:
        for _ in range(3):
            assert client.predictions.get("run-1").status == "waiting"
            assert hung_up.acquire(timeout=30)


def test_a_connection_that_the_server_closed_is_not_used_again_with_await():
    async def main():
        async with Client("k", "s", url, max_retries=0) as client:
            for _ in range(3):
                found = await client.predictions.async_get("run-1")
                assert found.status == "waiting"
                assert await asyncio.to_thread(hung_up.acquire, timeout=30)

    with hanging_up() as (url, hung_up):
        asyncio.run(main())


@contextmanager
def never_coming_to_the_point():
    """A store that goes on telling, in headers, that it is at work, as some proxies do."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.do_GET()

        def do_GET(self):
            with contextlib.suppress(OSError):
                while not ended.wait(0.05):
                    self.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\n")

    ended = threading.Event()
    with serving(Handler) as (_, url):
        try:
            yield url
        finally:
            ended.set()


@pytest.mark.parametrize("way", ["sync", "async"])
def test_a_transfers_answer_must_begin_within_the_timeout(way, tmp_path):
    def create():
        files = client.files
        return files.create(b"a") if way == "sync" else asyncio.run(files.async_create(b"a"))

    def save():
        path = tmp_path / "a.png"
        return file.save(path) if way == "sync" else asyncio.run(file.async_save(path))

    with never_coming_to_the_point() as store:
        result = {"file": {"url": f"{store}/a.png", "type": "image"}}
        answers = {
            "sign": envelope(uploadUrl=f"{store}/put"),
            "result": envelope(taskId="run-1", status="succeeded", result=result),
        }
        with raw_gateway(**answers) as gateway:
            client = Client("k", "s", gateway.url, timeout=0.5, max_retries=0)
            with client, pytest.raises(APITimeoutError, match="did not answer in time"):
                create()
            file = client.run("any", {})["file"]
            with client, pytest.raises(DownloadError, match="did not answer in time"):
                save()


def test_why_there_is_no_connection_is_told_with_await_too():
    with contextlib.closing(socket.socket()) as taken:  # by nobody who listens
        taken.bind(("127.0.0.1", 0))
        client = Client("k", "s", f"http://127.0.0.1:{taken.getsockname()[1]}", max_retries=0)
        with client, pytest.raises(APIConnectionError) as blocking:
            client.predictions.get("run-1")
        with pytest.raises(APIConnectionError) as awaited:
            asyncio.run(client.predictions.async_get("run-1"))
    reason = f"[Errno {errno.ECONNREFUSED}]"
    assert reason in str(blocking.value)
    assert reason in str(awaited.value)


@pytest.mark.parametrize("kind", ["Text/HTML; charset=GBK", "application/xhtml+xml"])
def test_a_login_page_is_no_store_however_it_is_called(kind):
    class Portal(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", "6")
            self.end_headers()
            self.wfile.write(b"<html>")

    with serving(Portal) as (_, url):
        signed = envelope(uploadUrl=f"{url}/put")
        with raw_gateway(sign=signed) as gateway:
            client = Client("k", "s", gateway.url, max_retries=0)
            with client, pytest.raises(UploadError, match="a web page answered"):
                client.run("any", {"file": b"content"})
            assert "submit" not in gateway.seen


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_has_connections_of_its_own(emulator, monkeypatch):
    before = emulator.connections
    monkeypatch.setenv("SPEEDPIX_APP_KEY", emulator.app_key)
    monkeypatch.setenv("SPEEDPIX_APP_SECRET", emulator.app_secret)
    monkeypatch.setenv("SPEEDPIX_ENDPOINT", emulator.url)

    done = subprocess.run(
        [sys.executable, "-c", FORKING], check=False, capture_output=True, text=True
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert emulator.connections == before + 2


def test_an_answer_that_was_compressed_unasked_is_read(emulator, make_client, get):
    run = make_client().run("echo", {"file": b"x"}, wait=False)
    emulator.faults.add("progress", Fault("gzip", rewrite=compressed))

    assert get(make_client(max_retries=0), [run.id]) == [run.id]


def compressed(answer: Answer) -> Answer:
    body = gzip.compress(answer.body)
    headers = {**answer.headers, "content-encoding": "gzip", "content-length": str(len(body))}
    return Answer(answer.status, headers, body)


def test_an_answer_that_grows_without_end_is_cut_off(emulator, make_client, get):
    bomb = gzip.compress(b" " * 100_000_000, mtime=0)
    headers = {"content-encoding": "gzip", "content-length": str(len(bomb))}
    emulator.faults.add("progress", Fault("bomb", rewrite=lambda _: Answer(200, headers, bomb)))

    with pytest.raises(APIConnectionError, match="larger than"):
        get(make_client(max_retries=0, timeout=30), ["run-1"])


@pytest.mark.parametrize(
    "url",
    ["ftp://127.0.0.1/a", "http://a b/c", "http:///a", "http://127.0.0.1:65536/", "http://a:-1/"],
)
def test_a_redirect_to_nowhere_is_an_error_of_the_transfer(emulator, make_client, url):
    client = make_client()
    output = client.run("echo", {"file": b"x"})
    answer = Answer(302, {"location": url, "content-length": "0"})
    emulator.faults.add("get", Fault("nowhere", answer=answer), times=100)

    with pytest.raises(DownloadError):
        output["copy"].read()

    async def main():
        async with client:
            await output["copy"].async_read()

    with pytest.raises(DownloadError):
        asyncio.run(main())


def test_mocked_answers_are_read_whichever_way_they_are_made(emulator, make_client):
    """Those that tests make with httpx, with their content there from the start."""

    def answer(request):
        if request.method == "GET":
            return httpx.Response(200, content=b"a picture", headers={"etag": '"1"'})
        result = {"status": "succeeded", "result": {"a": "http://files.test/a.png"}}
        return httpx.Response(200, json={"status": 10, "data": result})

    transport = httpx.MockTransport(answer)
    with httpx.Client(transport=transport) as mocked:
        client = make_client(http_client=mocked)
        assert client.predictions.get("run-1").output["a"].read() == b"a picture"

    async def main():
        async with httpx.AsyncClient(transport=transport) as mocked:
            client = make_client(async_http_client=mocked)
            return await (await client.predictions.async_get("run-1")).output["a"].async_read()

    assert asyncio.run(main()) == b"a picture"


def test_a_whole_run_over_tls(make_client, secure_url, run_and_read):
    client = make_client(endpoint=secure_url, timeout=10)
    assert run_and_read(client, "echo", {"file": b"over TLS"}) == b"over TLS"
