"""The life of a client: closed, shared, copied, given a transport; and what it sends where."""

from __future__ import annotations

import asyncio
import copy
import gc
import pickle
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import httpx
import httpx2
import pytest
from speedpix_api.models import ComfyPromptRequest, JsonObject, TaskRequest, UploadSignRequest
from speedpix_emulator import Emulator

import speedpix
from speedpix import (
    APIConnectionError,
    APITimeoutError,
    AuthenticationError,
    Client,
    ConfigurationError,
    InputError,
    SubmitOutcomeUnknownError,
    comfy_get_progress,
    comfy_get_result,
    comfy_prompt,
    sp_create_temp_file_upload_sign,
)
from speedpix.testing import NoWaitClock

from .conftest import png, publish


def test_with_and_async_with(make_client):
    with make_client() as client:
        assert client.run("echo", {"a": 1}) == {"given": {"a": 1}}

    async def main():
        async with make_client() as client:
            return await client.async_run("echo", {"a": 2})

    assert asyncio.run(main()) == {"given": {"a": 2}}


def test_a_closed_client_opens_again_when_used(client):
    client.run("echo", {})
    client.close()
    client.close()
    assert client.run("echo", {"a": 1}) == {"given": {"a": 1}}


def test_one_client_in_two_loops_one_after_the_other(client):
    for number in range(3):
        output = asyncio.run(client.async_run("echo", {"a": number}))
        assert output == {"given": {"a": number}}


def test_one_client_in_several_loops_at_once(client):
    with ThreadPoolExecutor(4) as threads:
        outputs = list(
            threads.map(lambda a: asyncio.run(client.async_run("echo", {"a": a})), range(8))
        )
    assert outputs == [{"given": {"a": number}} for number in range(8)]


def test_many_tasks_in_one_loop(client):
    async def main():
        return await asyncio.gather(*(client.async_run("echo", {"a": a}) for a in range(20)))

    assert asyncio.run(main()) == [{"given": {"a": number}} for number in range(20)]


def test_threads_share_a_client(client):
    with ThreadPoolExecutor(8) as threads:
        outputs = list(threads.map(lambda a: client.run("echo", {"a": a}), range(40)))
    assert outputs == [{"given": {"a": number}} for number in range(40)]
    assert len(client.predictions.list()) == 40


def test_connections_are_kept(make_client, emulator):
    client, before = make_client(), emulator.connections
    for _ in range(5):
        client.run("echo", {})
    assert emulator.connections == before + 1


def test_nothing_is_left_open(emulator, clock):
    """Use a client in every way, drop it without closing, and let all warnings be errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        client = Client(emulator.app_key, emulator.app_secret, endpoint=emulator.url, clock=clock)
        client.run("invert", {"image": png()})["images"].read()
        asyncio.run(client.async_run("invert", {"image": png()}))
        assert client.api
        del client
        gc.collect()


@pytest.mark.parametrize("closes", [True, False])
def test_no_task_or_thread_is_left_behind(client, monkeypatch, closes):
    monkeypatch.setattr("speedpix.transports.asynchronous.WORKER_PATIENCE", 60)

    async def main():
        output = await client.async_run("invert", {"image": png("red")})
        await output["images"].async_read()
        if closes:
            await client.aclose()
        return asyncio.all_tasks() - {asyncio.current_task()}

    before = set(threading.enumerate())
    assert asyncio.run(main()) == set()
    left = set(threading.enumerate()) - before
    for thread in left:
        thread.join(10)
    assert not any(thread.is_alive() for thread in left)


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))]
)
def test_a_copied_client_works(emulator, again):
    with Client(emulator.app_key, "wrong", endpoint=emulator.url, max_retries=0) as client:
        other = again(client)
    # The copies have the machine's clock, on which this emulator's time is over.
    with other, pytest.raises(AuthenticationError):
        other.run("echo", {})
    assert repr(other) == repr(client)


def test_an_error_of_a_hook_after_the_submit_does_not_say_that_there_is_no_run(make_client):
    def refuse(response):
        if response.request.url.path.endswith("comfy_prompt"):
            message = "of the program's own"
            raise InputError(message)

    with httpx.Client(event_hooks={"response": [refuse]}) as http_client:
        client = make_client(http_client=http_client)
        with pytest.raises(SubmitOutcomeUnknownError, match="of the program's own"):
            client.run("echo", {})
        assert [each.status for each in client.predictions.list()] == ["submitting"]


@pytest.fixture(params=[httpx, httpx2])
def library(request):
    """Whose clients the user holds."""
    return request.param


def test_the_users_own_http_clients_are_used_and_left_open(library, make_client, clock):
    seen = []

    def look(request):
        seen.append(request.url.path)

    async def look_async(request):
        look(request)

    async def main(client):
        async with client:
            await client.async_run("echo", {})

    with library.Client(event_hooks={"request": [look]}) as http_client:
        with make_client(http_client=http_client) as client:
            client.run("echo", {})
        assert not http_client.is_closed
    assert seen[0] == "/scc/comfy_prompt"

    async def with_own():
        async with library.AsyncClient(event_hooks={"request": [look_async]}) as http_client:
            async with make_client(async_http_client=http_client) as client:
                await client.async_run("echo", {})
            assert not http_client.is_closed

    asyncio.run(with_own())
    assert seen.count("/scc/comfy_prompt") == 2


def test_files_go_through_the_users_own_http_clients(library, make_client, tmp_path, caplog):
    large = tmp_path / "large.png"
    large.write_bytes(png(40) + bytes(3_000_000))
    caplog.set_level("INFO")
    with library.Client() as http_client:
        client = make_client(http_client=http_client)
        assert client.run("invert", {"image": large})["images"].read()

    async def main():
        async with library.AsyncClient() as http_client:
            client = make_client(async_http_client=http_client)
            output = await client.async_run("invert", {"image": large})
            return await output["images"].async_read()

    assert asyncio.run(main())
    assert "/scc/comfy_prompt" in caplog.text
    assert "Signature=" not in caplog.text  # of a pre-signed URL


def test_errors_of_the_users_own_http_clients_are_the_sdks(library, make_client):
    for error, kind in (("ConnectError", APIConnectionError), ("ReadTimeout", APITimeoutError)):

        def answer(request, error=error):
            raise getattr(library, error)(error, request=request)

        transport = library.MockTransport(answer)
        with library.Client(transport=transport) as http_client:
            client = make_client(http_client=http_client, max_retries=0)
            with pytest.raises(kind) as caught:
                client.predictions.get("run-1")
        assert type(caught.value) is kind
        assert caught.value.sent is (kind is APITimeoutError)

        async def main(transport=transport, kind=kind):
            async with library.AsyncClient(transport=transport) as http_client:
                client = make_client(async_http_client=http_client, max_retries=0)
                with pytest.raises(kind):
                    await client.predictions.async_get("run-1")

        asyncio.run(main())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"http_client": httpx.AsyncClient()}, "async_http_client takes that"),
        ({"http_client": httpx2.AsyncClient()}, "async_http_client takes that"),
        ({"async_http_client": httpx.Client()}, "; http_client takes that"),
        ({"async_http_client": httpx2.Client()}, "; http_client takes that"),
        ({"http_client": object()}, "httpx.Client, or httpx2's, not object"),
        ({"async_http_client": "https://proxy"}, "httpx.AsyncClient, or httpx2's, not str"),
    ],
)
def test_an_http_client_of_the_wrong_kind_is_refused_at_once(options, said):
    with pytest.raises(ConfigurationError, match=said):
        Client("key", "secret", **options)


def test_settings_of_the_users_own_client_do_not_reach_the_signed_requests(
    library, make_client, emulator
):
    """Neither its auth nor its following of redirects."""
    with library.Client(auth=("user", "password"), follow_redirects=True) as http_client:
        make_client(http_client=http_client).run("invert", {"image": png()})
    for request in emulator.requests[-5:]:
        assert "authorization" not in request.headers


def test_the_user_agent(make_client, emulator):
    make_client(user_agent="shop/2.0").run("invert", {"image": png()})["images"].read()
    assert {request.headers["user-agent"] for request in emulator.requests[-4:]} == {"shop/2.0"}
    make_client().run("echo", {})
    agent = emulator.requests[-1].headers["user-agent"]
    assert agent == f"speedpix-python/{speedpix.__version__}"


def test_the_endpoint_forms_of_the_environment(emulator, clock, monkeypatch):
    monkeypatch.setenv("SPEEDPIX_APP_KEY", emulator.app_key)
    monkeypatch.setenv("SPEEDPIX_APP_SECRET", emulator.app_secret)
    monkeypatch.setenv("SPEEDPIX_ENDPOINT", f"{emulator.url}/")
    with Client(clock=clock) as client:
        assert client.run("echo", {"a": 1}) == {"given": {"a": 1}}


# What goes where -----------------------------------------------------------------------------


def test_the_store_gets_nothing_that_is_the_gateways():
    clock = NoWaitClock()
    with Emulator(clock=clock, separate_store=True) as emulator:
        publish(emulator)
        assert emulator.store_url != emulator.url
        with Client(
            emulator.app_key, emulator.app_secret, endpoint=emulator.url, clock=clock
        ) as client:
            output = client.run("invert", {"image": png()})
            output["images"].read()

            async def main():
                async with client:
                    await (await client.async_run("invert", {"image": png("red")}))[
                        "images"
                    ].async_read()

            asyncio.run(main())
        to_store = [each for each in emulator.requests if each.operation in ("put", "get")]
    assert len(to_store) == 4
    allowed = {
        "host",
        "user-agent",
        "content-type",
        "content-length",
        "accept-encoding",
        "connection",
        "accept",
    }
    for request in to_store:
        assert set(request.headers) <= allowed
        assert "content-md5" not in request.headers


def test_uploads_have_a_length_and_the_declared_type(client, emulator):
    client.files.create(png(), content_type="image/x-mine")
    put = emulator.requests[-1]
    assert put.headers["content-type"] == "image/x-mine"
    assert put.headers["content-length"] == str(len(png()))
    assert "transfer-encoding" not in put.headers


def test_every_call_is_signed_anew_with_json(client, emulator, sent):
    client.run("echo", {})
    calls = emulator.requests[-len(sent()) :]
    assert len({call.headers["x-ca-nonce"] for call in calls}) == len(calls) == 3
    for call in calls:
        assert call.headers["accept"] == "application/json; charset=utf-8"
        assert call.headers["content-type"] == "application/json; charset=utf-8"


# Low-level calls -----------------------------------------------------------------------------


def submission():
    return ComfyPromptRequest(
        workflow_id="echo", alias_id="main", inputs=JsonObject.from_dict({"a": 1})
    )


def test_every_endpoint_can_be_called_directly(client):
    api = client.api
    taken = comfy_prompt.sync(client=api, body=submission())
    assert taken.status == 10
    assert taken.api_invoke_id
    task = TaskRequest(task_id=taken.data.task_id)
    assert comfy_get_progress.sync(client=api, body=task).data.status == "succeeded"
    result = comfy_get_result.sync(client=api, body=task)
    assert result.data.result["given"] == {"a": 1}
    sign = UploadSignRequest(content_type="image/png", original_filename="a.png", size=3)
    assert sp_create_temp_file_upload_sign.sync(client=api, body=sign).data.upload_url


def test_every_endpoint_can_be_called_directly_async(client):
    async def main():
        api = client.api
        taken = await comfy_prompt.asyncio(client=api, body=submission())
        task = TaskRequest(task_id=taken.data.task_id)
        progress = await comfy_get_progress.asyncio(client=api, body=task)
        result = await comfy_get_result.asyncio(client=api, body=task)
        sign = UploadSignRequest(content_type="image/png", original_filename="a.png")
        place = await sp_create_temp_file_upload_sign.asyncio(client=api, body=sign)
        await client.aclose()
        return progress, result, place

    progress, result, place = asyncio.run(main())
    assert progress.data.status == "succeeded"
    assert result.data.result["given"] == {"a": 1}
    assert place.data.access_url


def test_the_detailed_form_has_status_and_headers(client):
    answer = comfy_prompt.sync_detailed(client=client.api, body=submission())
    assert answer.status_code == 200
    assert answer.headers["x-ca-request-id"]
    assert answer.parsed.data.task_id


def test_low_level_failures_are_the_same_errors(make_client):
    wrong = make_client(app_secret="wrong")
    with pytest.raises(AuthenticationError):
        comfy_prompt.sync(client=wrong.api, body=submission())


def test_a_failed_envelope_is_left_to_the_caller_of_a_low_level_call(client):
    answer = comfy_get_result.sync(client=client.api, body=TaskRequest(task_id="unknown"))
    assert answer.status == 20
    assert answer.data is None
    assert "does not exist" in answer.sub_err_message


def test_only_requests_to_the_endpoint_are_signed(client):
    with pytest.raises(InputError, match="own endpoint"):
        client.api.get_httpx_client().request("POST", "https://elsewhere.test/scc/comfy_prompt")


def test_the_generated_client_is_made_once(client):
    with ThreadPoolExecutor(8) as threads:
        assert len({id(api) for api in threads.map(lambda _: client.api, range(16))}) == 1
