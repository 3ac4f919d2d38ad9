"""The recipes' upload forms, by HTTP, on the servers that run them; no time passes."""

from __future__ import annotations

import asyncio
import re
import runpy
import socket
import threading
from contextlib import ExitStack, contextmanager
from html import unescape
from pathlib import Path

import httpx
import pytest
import uvicorn
from speedpix_emulator import Failure, store_error
from werkzeug.serving import make_server

from speedpix.testing import emulator as running_emulator

RECIPES = Path(__file__).parents[2] / "examples" / "recipes"
MINUTE = 60  # seconds; longer than the forms' deadline


@contextmanager
def flask_server():
    application = runpy.run_path(str(RECIPES / "flask_form.py"))["app"]
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def fastapi_server():
    application = runpy.run_path(str(RECIPES / "fastapi_form.py"))["app"]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(application, log_level="warning"))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def emulator(picture):
    with running_emulator() as running:

        @running.workflow(
            "white-background",
            inputs={"image": "image", "text": "text"},
            outputs={"images": "image"},
        )
        def white_background(image, text):
            return {"images": image}

        yield running


@pytest.fixture(params=[flask_server, fastapi_server], ids=["flask", "fastapi"])
def site(request, emulator):
    """A customer's connection to the shop."""
    with ExitStack() as stack:
        port = stack.enter_context(request.param())
        yield stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30))


@pytest.fixture
def order(site, sample_image):
    """A function that sends the form, and returns the answer."""

    def send(photo: bytes | None = None, text: str = "咖啡"):
        files = {"photo": ("cup.jpg", photo or sample_image.read_bytes())}
        return site.post("/pictures", files=files, data={"text": text})

    return send


def is_sentence(answer):
    """Tell whether an answer is a page with a sentence, and no detail of the service."""
    (text,) = re.findall("<p>(.+) <a ", answer.text)
    return re.fullmatch(r"[A-Za-z ,;.']+", unescape(text)) is not None


def test_the_form_is_one_that_the_shop_takes(site):
    page = site.get("/").text
    assert 'action="/pictures" method="post" enctype="multipart/form-data"' in page
    assert {"photo", "text"} <= set(re.findall('name="([a-z]+)"', page))


def test_a_photo_becomes_a_picture(site, order, emulator):
    answer = order()

    assert answer.status_code == 303
    picture = site.get(answer.headers["location"])
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
    assert picture.content.startswith(b"\x89PNG")
    assert [job.inputs["text"] for job in emulator.jobs] == ["咖啡"]


def test_what_a_customer_types_is_text_and_no_file(order, emulator):
    assert order(text="/etc/hostname").status_code == 303
    assert emulator.jobs[0].inputs["text"] == "/etc/hostname"


def test_a_run_beyond_the_deadline_is_fetched_later(site, order, emulator):
    emulator.next_run(duration=10 * MINUTE)
    before = emulator.clock.time()

    answer = order()

    assert answer.status_code == 202
    assert emulator.clock.time() - before < MINUTE
    (job,) = emulator.jobs
    assert job.id in answer.text
    link = answer.headers["location"]
    assert answer.headers["refresh"] == f"5; url={link}"
    assert site.get(link).status_code == 202

    emulator.clock.advance(10 * MINUTE)
    assert site.get(link).headers["content-type"] == "image/png"
    assert len(emulator.jobs) == 1


@pytest.mark.parametrize(
    ("operation", "fault", "status"),
    [
        ("submit", "quota_exhausted", 503),
        ("submit", "invalid_app_key", 502),
        ("submit", "drop_after", 502),
        ("put", store_error(400, "InvalidArgument", "a secret of the store"), 502),
    ],
)
def test_customers_read_a_sentence(order, emulator, operation, fault, status):
    emulator.faults.add(operation, fault)

    answer = order()

    assert answer.status_code == status
    assert is_sentence(answer), answer.text
    assert ("ask us" in answer.text) == (fault == "drop_after")


def test_throttles_beyond_the_deadline_order_nothing(order, emulator):
    emulator.faults.add("submit", "throttled", 1000)

    answer = order()

    assert answer.status_code in (503, 504)
    assert is_sentence(answer)
    assert emulator.jobs == []
    emulator.faults.clear()


def test_a_run_that_fails(site, order, emulator):
    emulator.next_run(times=2, failure=Failure("CUDA error at node 7"), duration=1)
    answer = order()
    assert answer.status_code == 502
    assert is_sentence(answer), answer.text

    later = site.get(f"/pictures/{emulator.jobs[0].id}")
    assert (later.status_code, is_sentence(later)) == (502, True)


def test_a_picture_that_cannot_be_fetched_is_asked_for_again(site, order, emulator):
    link = order().headers["location"]
    emulator.faults.add("get", store_error(404, "NoSuchKey", "gone"))

    answer = site.get(link)

    assert (answer.status_code, answer.headers["location"]) == (202, link)
    assert site.get(link).status_code == 200


@pytest.mark.parametrize("run", ["01j5t2qx82323pswaqykz9eq4", "%20", "<b>"])
def test_a_picture_that_there_is_not(site, run):
    answer = site.get(f"/pictures/{run}")
    assert (answer.status_code, is_sentence(answer)) == (404, True)


def test_an_address_is_never_a_header_or_a_tag(site, emulator):
    emulator.faults.add("progress", "unauthorized", 9)
    for run in ("a%0d%0aX-Put-In: 1", "%3Cscript%3E", "咖啡"):
        answer = site.get(f"/pictures/{run}")
        assert "x-put-in" not in answer.headers
        assert "<script>" not in answer.text
        assert answer.status_code in (202, 404)
    emulator.faults.clear()


def test_what_is_no_photo_is_not_sent(site, order, emulator):
    answers = [order(b"<svg onload=...>"), site.post("/pictures", data={"text": "咖啡"})]
    assert {answer.status_code for answer in answers} <= {415, 422}
    assert all(map(is_sentence, answers))
    assert emulator.requests == []


def test_a_form_that_is_too_large_is_refused_unread(site, emulator):
    head = f"POST /pictures HTTP/1.1\r\nHost: {site.base_url.host}\r\nConnection: close\r\n"
    head += "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 99999999\r\n\r\n"
    with socket.create_connection((site.base_url.host, site.base_url.port), 30) as connection:
        connection.sendall(head.encode())
        answer = b"".join(iter(lambda: connection.recv(4096), b"")).decode()

    assert answer.split()[1] == "413"
    assert "A photo may have up to 10 MB." in answer
    assert emulator.requests == []
