"""pytest-httpx and respx stand in for the service and its store."""

from __future__ import annotations

import asyncio
from unittest import mock

import httpx
import pytest
import respx

from speedpix import APIConnectionError, Client

from .conftest import ANSWERS, CONTENT, ENDPOINT, GET, PUT


def test_pytest_httpx(use, played, httpx_mock):
    for path, data in ANSWERS.items():
        httpx_mock.add_response(url=f"{ENDPOINT}{path}", json={"status": 10, "data": data})
    httpx_mock.add_response(method="PUT", url=PUT)
    httpx_mock.add_response(method="GET", url=GET, content=CONTENT)

    assert use(played) == CONTENT

    put = httpx_mock.get_request(method="PUT")
    assert put.read() == CONTENT
    submit = httpx_mock.get_request(url=f"{ENDPOINT}/scc/comfy_prompt")
    assert b"echo" in submit.content
    assert submit.headers["x-ca-key"] == "key"


def test_respx(use, played):
    with respx.mock as router:
        for path, data in ANSWERS.items():
            router.post(f"{ENDPOINT}{path}").respond(json={"status": 10, "data": data})
        put = router.put(PUT).respond()
        router.get(GET).respond(content=CONTENT)

        assert use(played) == CONTENT

    assert put.calls.last.request.content == CONTENT


@pytest.mark.parametrize(("error", "sent"), [(httpx.ConnectError, False), (httpx.ReadError, True)])
@pytest.mark.parametrize("tool", ["pytest-httpx", "respx"])
def test_an_error_that_is_played_is_the_sdks(tool, error, sent, request, clock):
    def ask():
        with Client("key", "secret", ENDPOINT, clock=clock, max_retries=0) as client:
            with pytest.raises(APIConnectionError) as caught:
                client.predictions.get("run-1")
            yield caught.value

            async def main():
                await client.predictions.async_get("run-1")

            with pytest.raises(APIConnectionError) as caught:
                asyncio.run(main())
            yield caught.value

    if tool == "respx":
        with respx.mock as router:
            router.route().mock(side_effect=error)
            found = list(ask())
    else:
        mock = request.getfixturevalue("httpx_mock")
        mock.add_exception(error("played"))
        mock.add_exception(error("played"))
        found = list(ask())
    assert [each.sent for each in found] == [sent, sent]


def test_a_mock_made_after_the_class_has_its_calls():
    client = mock.create_autospec(Client)()
    client.predictions.get.return_value = client.files.create.return_value = "given"
    assert client.predictions.get("run-1") == client.files.create(b"...") == "given"
