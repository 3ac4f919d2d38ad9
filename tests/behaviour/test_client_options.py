"""A client's options: changed for some calls, and those that reach the wire."""

from __future__ import annotations

import asyncio
import pickle

import httpx
import pytest

from speedpix import ConfigurationError, ServerError

from .conftest import awaited, png


def test_a_light_copy_shares_all_but_the_options(client, sent, tmp_path):
    image = tmp_path / "a.png"
    image.write_bytes(png(7))
    client.run("invert", {"image": image})
    other = client.with_options(timeout=5, max_retries=0)
    before = len(sent())
    prediction = other.run("invert", {"image": image}, wait=False)
    assert sent()[before:] == ["submit"]  # what was uploaded is known to both
    assert client.predictions.list()[0].id == prediction.id
    assert repr(other) == repr(client)


def test_no_connection_is_made_for_a_light_copy(client, emulator):
    client.run("echo", {})
    opened = emulator.connections
    for _ in range(5):
        client.with_options(timeout=5).run("echo", {})
    assert emulator.connections == opened


def test_options_hold_for_one_call_and_the_client_stays_as_it_is(client, emulator, sent):
    emulator.faults.add("progress", "unavailable", 1)
    known = client.run("echo", {}, wait=False).id
    with pytest.raises(ServerError):
        client.with_options(max_retries=0).predictions.get(known)
    emulator.faults.add("progress", "unavailable", 1)
    assert client.predictions.get(known).id == known


def test_the_runs_of_a_light_copy_keep_its_options(client, emulator):
    prediction = client.with_options(max_retries=0).run("echo", {}, wait=False)
    emulator.faults.add("progress", "unavailable", 1)
    with pytest.raises(ServerError):
        prediction.reload()


def test_what_is_not_given_stays(client, emulator):
    one = client.with_options(default_headers={"X-Team": "a"})
    one.with_options(max_retries=1).run("echo", {})
    assert emulator.requests[-1].headers["x-team"] == "a"
    one.with_options(default_headers=None).run("echo", {})
    assert "x-team" not in emulator.requests[-1].headers


@pytest.mark.parametrize("options", [{"timeout": 0}, {"max_retries": True}, {"local_files": "no"}])
def test_a_wrong_option_is_refused(client, options):
    with pytest.raises(ConfigurationError, match=next(iter(options))):
        client.with_options(**options)
    with pytest.raises(TypeError):
        client.with_options(app_secret="another")


def test_a_misspelt_option_is_refused(client):
    with pytest.raises(TypeError, match=r"'max_retry'; .*max_retries"):
        client.with_options(max_retry=2)


def test_default_headers_reach_the_service_and_nobody_else(make_client, requests):
    client = make_client(default_headers={"X-Team": "a", "X-Sp-Trace": "1"})
    client.run("invert", {"image": png()})["images"].read()
    for request in requests():
        told = request.operation not in ("put", "get")
        assert (request.headers.get("x-team") == "a") is told, request.operation


def test_a_pickled_client_keeps_its_options(make_client, emulator):
    client = make_client(default_headers={"X-Team": "a"}, timeout=httpx.Timeout(60, connect=5))
    again = pickle.loads(pickle.dumps(client))
    assert repr(again) == repr(client)


@pytest.mark.parametrize(
    ("timeout", "told"),
    [
        (60, (10.0, 60.0)),
        (3, (3.0, 3.0)),
        (None, (10.0, None)),
        (httpx.Timeout(60.0, connect=30.0), (30.0, 60.0)),
        (httpx.Timeout(None), (None, None)),
    ],
)
def test_each_step_of_an_exchange_has_its_limit_or_none(make_client, timeout, told):
    limits = []

    def answer(request):
        limits.append(request.extensions["timeout"])
        return httpx.Response(200, json={"status": 10, "data": {"status": "running"}})

    with httpx.Client(transport=httpx.MockTransport(answer)) as http_client:
        make_client(http_client=http_client, timeout=timeout).predictions.get("run-1")
    connect, read = told
    assert limits == [{"connect": connect, "read": read, "write": read, "pool": read}]


@pytest.mark.parametrize("way", ["blocking", "with await"])
def test_without_a_limit_a_run_goes_well(make_client, way):
    client = make_client(timeout=None)
    if way == "blocking":
        output = client.run("invert", {"image": png()})
        assert output["images"].read()
    else:
        assert awaited(client.async_run, "invert", {"image": png()})


def test_a_client_is_closed_until_it_is_used_again(make_client):
    client = make_client()
    other = client.with_options(timeout=5)
    assert not client.is_closed
    with client:
        client.run("echo", {})
        assert not client.is_closed
    assert client.is_closed
    assert other.is_closed
    other.run("echo", {})
    assert not client.is_closed
    asyncio.run(client.aclose())
    assert client.is_closed
