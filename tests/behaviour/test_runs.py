"""Runs over real HTTP: every way to start one, follow it and get its output."""

from __future__ import annotations

import asyncio
import io
import json
from datetime import timedelta

import pytest
from PIL import Image
from speedpix_emulator import Node

import speedpix
from speedpix import InputError, Prediction, PredictionTimeoutError

from .conftest import awaited, png


def test_a_picture_goes_in_and_comes_out(run, picture, sent):
    output = run("invert", {"image": "./input.png"})
    content = output["images"].read()
    assert Image.open(io.BytesIO(content)).getpixel((0, 0)) == 255 - 40
    assert (output["images"].width, output["images"].height) == (4, 3)
    order = [name for name in sent() if name != "progress"]
    assert order == ["sign", "put", "submit", "result", "get"]


def test_the_output_is_what_the_service_sent(run):
    given = {"text": "一幅美丽的山水画", "steps": 20, "on": True, "list": [1, None, {"a": 0.5}]}
    output = run("echo", given)
    assert output == {"given": given}
    assert json.loads(json.dumps(output)) == {"given": given}


def test_without_output_fields_there_is_a_list_of_images(run):
    output = run("list", {"count": 2})
    assert list(output) == ["images"]
    assert [file.read() for file in output["images"]] == [png(0), png(1)]


def test_temporary_files_come_when_asked_for(run):
    assert len(run("list", {"count": 2}, return_temp_files=True)["images"]) == 3


def test_a_run_without_any_file(run):
    assert run("list", {"count": 0}) == {"images": []}


def test_not_waiting_returns_the_prediction_at_once(run, sent):
    prediction = run("invert", {"image": png()}, wait=False)
    assert isinstance(prediction, Prediction)
    assert prediction.status == "waiting"
    assert prediction.output is None
    assert sent() == ["sign", "put", "submit"]
    assert prediction.wait() is prediction
    assert prediction.output["images"].read()


@pytest.mark.parametrize(
    ("options", "alias", "version"),
    [
        ({}, "main", None),
        ({"alias_id": "main"}, "main", None),
        ({"version_id": "v1"}, None, "v1"),
        ({"alias_id": "main", "version_id": "v1"}, "main", "v1"),
    ],
)
def test_alias_and_version(run, emulator, options, alias, version):
    run("echo", {}, **options)
    submission = emulator.jobs[-1].submission
    assert (submission.alias_id, submission.version_id) == (alias, version)


def test_every_other_option_reaches_the_service(run, emulator):
    run("echo", {}, randomise_seeds=True, resource_config_id="pool-a,default")
    job = emulator.jobs[-1]
    assert job.submission.randomise_seeds is True
    assert job.resource_config_id == "pool-a,default"
    run("echo", {})
    assert emulator.jobs[-1].resource_config_id is None


def test_the_options_form(run, emulator):
    assert run("echo", {"input": {"a": 1}, "alias_id": "main"}) == {"given": {"a": 1}}
    prediction = run("echo", {"input": {"a": 2}, "wait": False})
    assert isinstance(prediction, Prediction)
    assert emulator.jobs[-1].inputs == {"a": 2}


def test_keywords_win_over_the_options_form(run, emulator):
    output = run(
        "echo", {"input": {}, "alias_id": "nowhere", "wait": False}, alias_id="main", wait=True
    )
    assert output == {"given": {}}


def test_an_input_field_named_input_is_no_options_form(run):
    given = {"input": {"a": 1}, "prompt": "x"}
    assert run("echo", given) == {"given": given}


def test_a_wrong_option_is_an_error_before_anything_is_sent(run, sent):
    with pytest.raises(TypeError, match="alias"):
        run("echo", {}, alias="main")
    with pytest.raises(InputError, match="polling_interval"):
        run("echo", {}, polling_interval=0)
    with pytest.raises(InputError, match="workflow_id"):
        run("", {})
    assert sent() == []


def test_the_polling_interval_is_the_longest_gap(run, emulator, clock):
    emulator.next_run("echo", duration=60, eta=None)
    clock.sleeps.clear()
    run("echo", {}, polling_interval=2.5)
    assert sum(clock.sleeps) >= 60
    assert max(clock.sleeps) == 2.5


def test_by_default_the_gaps_follow_the_services_estimates(run, emulator, clock):
    emulator.next_run("echo", duration=10)
    clock.sleeps.clear()
    polls, begin = emulator.count("progress"), clock.monotonic()
    run("echo", {})
    assert emulator.count("progress") - polls <= 3
    assert clock.monotonic() - begin < 10.5


def test_a_wait_has_a_deadline_and_can_be_taken_up(run, emulator, clock):
    emulator.next_run("echo", duration=60)
    begin = clock.monotonic()
    with pytest.raises(PredictionTimeoutError) as caught:
        run("echo", {"a": 1}, wait_timeout=10)
    assert clock.monotonic() - begin == pytest.approx(10)
    prediction = caught.value.prediction
    assert prediction.status in ("waiting", "running")
    assert prediction.wait().output == {"given": {"a": 1}}
    assert clock.monotonic() - begin >= 60


# Module functions ---------------------------------------------------------------------------


def test_the_module_functions_with_a_client(client):
    assert speedpix.run("echo", {"a": 1}, client=client) == {"given": {"a": 1}}
    assert awaited(speedpix.async_run, "echo", {"a": 1}, client=client) == {"given": {"a": 1}}
    prediction = speedpix.run("echo", {"input": {}}, wait=False, client=client)
    assert isinstance(prediction, Prediction)


# Predictions --------------------------------------------------------------------------------


def test_create_get_and_list(make_client, sent):
    client = make_client()
    first = client.predictions.create("echo", {"a": 1}, alias_id="main")
    second = client.predictions.create(workflow_id="echo", input={"a": 2}, version_id="v1")
    assert sent() == ["submit", "submit"]
    assert client.predictions.list() == [second, first]
    again = client.predictions.get(first.id)
    assert again is not first
    assert (again.id, again.status, again.output) == (first.id, "succeeded", {"given": {"a": 1}})
    assert first.status == "waiting"
    assert make_client().predictions.list() == []


def test_create_and_get_async(client):
    async def main():
        created = await client.predictions.async_create("echo", {"a": 1})
        assert (await created.async_wait()).output == {"given": {"a": 1}}
        found = await client.predictions.async_get(created.id)
        assert found.output == created.output
        assert await found.async_reload() is found

    asyncio.run(main())


def test_what_a_prediction_tells_while_it_waits_runs_and_ends(client, emulator, clock):
    emulator.next_run(
        "echo",
        queue=[(10, 4), (10, 1)],
        duration=20,
        nodes=[Node("Loader"), Node("KSampler", steps=20, weight=3)],
    )
    prediction = client.predictions.create("echo", {"a": 1})
    submitted = clock.time()
    assert prediction.reload() is prediction
    assert (prediction.status, prediction.progress.queue_length) == ("waiting", 4)
    clock.advance(10)
    assert prediction.reload().progress.queue_length == 1
    clock.advance(20)
    progress = prediction.reload().progress
    assert (prediction.status, progress.status) == ("running", "running")
    assert progress.fraction == 0.5
    assert progress.seconds_left == 10
    assert (progress.node, progress.steps) == ("KSampler", 20)
    assert 0 < progress.step < 20
    assert prediction.duration is None
    clock.advance(10)
    prediction.reload()
    assert (prediction.status, prediction.duration) == ("succeeded", 20.0)
    assert prediction.begin.timestamp() == pytest.approx(submitted + 20, abs=0.001)
    assert prediction.end - prediction.begin == timedelta(seconds=20)
    assert prediction.invoke_id
    assert prediction.input == {"a": 1}


def test_success_in_the_references_other_spelling(run, emulator):
    emulator.next_run("echo", statuses={"succeeded": "successed"})
    assert run("echo", {"a": 1}) == {"given": {"a": 1}}


def test_a_status_that_nobody_knows_keeps_polling(run, emulator):
    emulator.next_run("echo", duration=10, statuses={"running": "warming up"})
    assert run("echo", {"a": 1}) == {"given": {"a": 1}}


def test_a_short_run_takes_three_requests(run, sent):
    run("echo", {})
    assert sent() == ["submit", "progress", "result"]
