"""What goes wrong without any fault of the line: each its own error, with what is known."""

from __future__ import annotations

import asyncio
import socket
from http.server import BaseHTTPRequestHandler

import pytest
from serving import serving
from speedpix_emulator import Failure, WorkflowError

from speedpix import (
    APIConnectionError,
    AuthenticationError,
    InvalidRequestError,
    NotFoundError,
    PredictionError,
    ServerError,
    SpeedPixException,
)


@pytest.fixture(params=["sync", "async"])
def run(request):
    """A function that runs a workflow with a client, blocking or with `await`."""
    if request.param == "sync":
        return lambda client, *arguments, **options: client.run(*arguments, **options)

    def awaiting(client, *arguments, **options):
        async def main():
            async with client:
                return await client.async_run(*arguments, **options)

        return asyncio.run(main())

    return awaiting


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"image": "no.jpg"},
            "input[\"image\"] was sent as the text 'no.jpg': there is no such file",
        ),
        (
            {"image": "./made"},
            "was sent as the text './made', which is a folder: only files are sent",
        ),
        (
            {"image": "made/photo.psd"},
            "input[\"image\"] was sent as the text 'made/photo.psd': a path object sends the file",
        ),
        ({"imgae": "https://a.test/a.jpg"}, "input[\"imgae\"]: did you mean 'image'?"),
    ],
)
def test_an_input_that_the_service_refuses_is_explained(
    run, make_client, given, told, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "made").mkdir()
    (tmp_path / "made/photo.psd").write_bytes(b"a picture")
    with pytest.raises(InvalidRequestError) as caught:
        run(make_client(), "invert", given)
    assert "inputs.image" in caught.value.message
    assert told in caught.value.message
    assert caught.value.code in str(caught.value)


def test_where_text_is_text_no_refusal_tells_what_files_there_are(run, make_client, tmp_path):
    there = tmp_path / "there.png"
    there.write_bytes(b"a picture")
    told = set()
    for path in (there, tmp_path / "nowhere.png"):
        with pytest.raises(InvalidRequestError, match="a path object sends the file") as caught:
            run(make_client(local_files="never"), "invert", {"image": str(path)})
        told.add(caught.value.message.replace(path.name, "…"))
    with pytest.raises(InvalidRequestError) as caught:
        run(make_client(local_files="never"), "invert", {"image": str(tmp_path)})
    assert "folder" not in caught.value.message
    assert len(told) == 1


def test_a_wrong_key(run, make_client, sent):
    with pytest.raises(AuthenticationError) as caught:
        run(make_client(app_key="another"), "echo", {})
    error = caught.value
    assert str(error).startswith("Invalid AppKey")
    assert error.status_code == 400
    assert error.code == "A400IK"
    assert error.request_id
    assert error.request_id in str(error)
    assert sent() == ["submit"]


def test_a_wrong_secret(run, make_client, sent, emulator):
    with pytest.raises(AuthenticationError, match="app secret is wrong") as caught:
        run(make_client(app_secret="another"), "echo", {})
    assert caught.value.request_id
    assert emulator.app_key not in str(caught.value)
    assert "another" not in str(caught.value)
    assert sent() == ["submit"]


def test_a_missing_workflow(run, client):
    with pytest.raises(NotFoundError) as caught:
        run(client, "nowhere", {})
    error = caught.value
    assert str(error).startswith("The workflow 'nowhere' does not exist")
    assert error.code == "WORKFLOW_NOT_FOUND"
    assert error.status_code == 200
    assert error.invoke_id
    assert str(error).endswith(")")
    assert not hasattr(error, "prediction")


@pytest.mark.parametrize("options", [{"alias_id": "beta"}, {"version_id": "v9"}])
def test_a_missing_alias_or_version(run, client, options):
    with pytest.raises(NotFoundError):
        run(client, "echo", {}, **options)


def test_an_input_that_the_workflow_refuses(run, client):
    with pytest.raises(InvalidRequestError, match=r"inputs\.image: required"):
        run(client, "invert", {})


def test_a_failing_workflow(run, client):
    with pytest.raises(PredictionError) as caught:
        run(client, "failing", {})
    error = caught.value
    assert "sampler exploded" in str(error)
    assert error.prediction.id in str(error)
    assert error.prediction.status == "failed"
    assert "sampler exploded" in error.prediction.error
    assert error.code == error.prediction.error_code == "NODE_FAILED"
    assert error.invoke_id == error.prediction.invoke_id


@pytest.mark.parametrize("in_envelope", [True, False])
def test_a_failure_in_either_envelope(run, client, emulator, in_envelope):
    failure = Failure("out of memory", code="OOM", at=0.5, in_envelope=in_envelope)
    emulator.next_run("echo", duration=10, failure=failure)
    with pytest.raises(PredictionError, match="out of memory") as caught:
        run(client, "echo", {})
    assert caught.value.prediction.error_code == "OOM"


def test_a_failed_run_can_be_looked_at(client):
    prediction = client.run("failing", {}, wait=False)
    assert prediction.reload().status == "failed"
    assert "sampler exploded" in prediction.error
    assert prediction.output is None
    with pytest.raises(PredictionError):
        prediction.wait()
    assert client.predictions.get(prediction.id).status == "failed"


def test_a_workflow_with_its_own_error(run, client, emulator):
    @emulator.workflow("picky", inputs={}, outputs={})
    def picky():
        message = "no product in the photo"
        raise WorkflowError(message, "NO_PRODUCT")

    with pytest.raises(PredictionError, match="no product") as caught:
        run(client, "picky", {})
    assert caught.value.code == "NO_PRODUCT"


def test_a_run_that_nobody_knows(client):
    with pytest.raises(NotFoundError, match="does not exist"):
        client.predictions.get("unknown")


@pytest.mark.parametrize("prediction_id", ["", " ", None, 7])
def test_an_id_that_is_none(client, prediction_id, sent):
    with pytest.raises(SpeedPixException, match="id of a prediction"):
        client.predictions.get(prediction_id)
    assert sent() == []


def test_a_wrong_endpoint(run, make_client, emulator):
    with pytest.raises(NotFoundError, match="endpoint") as caught:
        run(make_client(endpoint=f"{emulator.url}/elsewhere"), "echo", {})
    assert caught.value.status_code == 404


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def test_a_server_that_is_down(run, make_client):
    client = make_client(endpoint=f"http://127.0.0.1:{free_port()}")
    with pytest.raises(APIConnectionError, match="could not connect") as caught:
        run(client, "echo", {})
    assert caught.value.sent is False
    assert caught.value.status_code is None


@pytest.fixture
def other_server():
    """A server that answers every request with what is set, and remembers the requests."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["content-length"]))
            self.server.seen.append(dict(self.headers))
            status, headers, body = self.server.answer
            self.send_response(status)
            for name, value in {"content-length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    with serving(Handler) as (server, url):
        server.seen, server.url = [], url
        yield server


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(run, make_client, other_server, status):
    other_server.answer = (status, {"location": f"{other_server.url}/elsewhere"}, b"")
    with pytest.raises(ServerError, match="redirects"):
        run(make_client(endpoint=other_server.url), "echo", {})
    assert len(other_server.seen) == 1


def test_no_cookie_is_kept(make_client, other_server):
    other_server.answer = (400, {"set-cookie": "session=1; path=/"}, b"{}")
    client = make_client(endpoint=other_server.url)
    for _ in range(2):
        with pytest.raises(InvalidRequestError):
            client.run("echo", {})
    assert [name for headers in other_server.seen for name in headers if name == "Cookie"] == []


def test_a_captive_portal(run, make_client, other_server):
    other_server.answer = (200, {"content-type": "text/html"}, b"<html>please log in</html>")
    with pytest.raises(SpeedPixException, match="please log in"):
        run(make_client(endpoint=other_server.url), "echo", {})
    assert len(other_server.seen) == 1


def test_an_answer_that_is_not_what_its_encoding_says(run, make_client, other_server):
    other_server.answer = (200, {"content-encoding": "gzip"}, b"this is not gzip")
    with pytest.raises(SpeedPixException):
        run(make_client(endpoint=other_server.url), "echo", {})
