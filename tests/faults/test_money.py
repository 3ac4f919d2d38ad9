"""A run costs money: it is submitted once, on record, and its id reaches whoever paid."""

from __future__ import annotations

import asyncio
import json
import os
import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import attrs
import pytest
from raw_gateway import envelope, raw_gateway

from speedpix import (
    APITimeoutError,
    Client,
    DownloadError,
    PredictionError,
    PredictionTimeoutError,
    SpeedPixException,
    SubmitOutcomeUnknownError,
    comfy_get_progress,
    comfy_prompt,
)
from speedpix.constants import MAX_WORKERS
from speedpix.exceptions import ServerError
from speedpix.testing import NoWaitClock


@pytest.fixture
def client_of(tmp_path):
    """A function that makes a client of a raw gateway, with a history file."""
    opened = []

    def make(gateway, **settings):
        settings = {"timeout": 30, "history": tmp_path / "runs.sqlite", **settings}
        opened.append(Client("key", "secret", endpoint=gateway.url, **settings))
        return opened[-1]

    yield make
    for client in opened:
        client.close()


@pytest.fixture(params=["sync", "async"])
def run(request):
    """A function that runs a workflow, blocking or with `await`."""

    def awaiting(client, *arguments, **options):
        async def main():
            async with client:
                return await client.async_run(*arguments, **options)

        return asyncio.run(main())

    return Client.run if request.param == "sync" else awaiting


def ids(client):
    return [each.id for each in client.predictions.list()]


UNREADABLE = [
    b"",
    b"\xff\xfe\x00",
    b"<html>welcome</html>",
    b'{"status": 10, "data": []}',
    b'{"status": 10, "data": {"taskId": null}}',
    (204, b""),
    (408, b""),
    (499, b""),
    (503, b"{}"),
    None,
]


@pytest.mark.parametrize("answer", UNREADABLE)
def test_a_submit_whose_answer_cannot_be_read_is_made_once_and_on_record(client_of, run, answer):
    with raw_gateway(submit=answer) as gateway:
        client = client_of(gateway)
        with pytest.raises(SubmitOutcomeUnknownError):
            run(client, "w", {})
        assert gateway.seen == ["submit"]
        assert ids(client) == [""]


OTHER = envelope(taskId="run-0", status="failed")
NAMED = json.loads(envelope(taskId="run-1", status="waiting"))


@pytest.mark.parametrize(
    "answer",
    [
        envelope(taskId="run-1", status="waiting")[:-8],  # cut off
        json.dumps({"status": 10, "data": [NAMED["data"]]}).encode(),
        json.dumps(
            {"status": 10, "data": json.loads('{"taskId": "run-1", "status": {}}')}
        ).encode(),
        b'{"taskId": "run-1"}',
        b'{"taskId": "run-1", "status": "waiting"}',
        (500, json.dumps(NAMED).encode()),
        (202, json.dumps(NAMED).encode()),
        (303, json.dumps(NAMED).encode()),
        (409, json.dumps(NAMED).encode()),
        (429, json.dumps(NAMED).encode()),
        json.dumps({**NAMED, "status": 20, "subErrMessage": "the pool is full"}).encode(),
    ],
)
def test_an_answer_that_names_the_task_is_a_run(client_of, run, answer):
    with raw_gateway(submit=answer) as gateway:
        client = client_of(gateway)
        assert run(client, "w", {}) == {"text": "done"}
        assert gateway.seen == ["submit", "progress", "result"]
        assert ids(client) == ["run-1"]
        assert client.predictions.list()[0].error is None


def test_a_task_named_by_a_number_is_a_run(client_of, run):
    with raw_gateway(submit=envelope(taskId=17, status="waiting")) as gateway:
        client = client_of(gateway)
        assert run(client, "w", {}) == {"text": "done"}
        assert gateway.seen == ["submit", "progress", "result"]
        assert ids(client) == ["17"]


@pytest.mark.parametrize(
    "surplus",
    [b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(OTHER) + OTHER, b"\r\nno HTTP"],
)
def test_what_comes_beyond_an_answer_is_not_taken_for_the_next(client_of, run, surplus):
    with raw_gateway() as gateway:
        gateway.surplus = surplus
        client = client_of(gateway, max_retries=0)
        assert run(client, "w", {}, wait_timeout=5) == {"text": "done"}
        assert gateway.seen == ["submit", "progress", "result"]
        assert ids(client) == ["run-1"]


def test_below_a_path_a_lost_submit_is_known_for_what_it_is(client_of, run):
    with raw_gateway("/speedpix", submit=None) as gateway:
        client = client_of(gateway)
        with pytest.raises(SubmitOutcomeUnknownError):
            run(client, "w", {})
        assert gateway.seen == ["submit"]
        assert ids(client) == [""]


def test_below_a_path_polls_are_repeated(client_of, run):
    answers = iter([None, (502, b""), envelope(taskId="run-1", status="succeeded")])
    with raw_gateway("/speedpix", progress=lambda: next(answers)) as gateway:
        assert run(client_of(gateway, max_retries=2), "w", {}) == {"text": "done"}
        assert gateway.seen == ["submit", *["progress"] * 3, "result"]


def test_below_a_path_low_level_calls_are_known_too(client_of):
    answers = iter([None, envelope(taskId="run-1", status="running")])
    with raw_gateway("/speedpix", submit=None, progress=lambda: next(answers)) as gateway:
        client = client_of(gateway)
        body = comfy_prompt.ComfyPromptRequest.from_dict({"workflow_id": "w", "inputs": {}})
        with pytest.raises(SubmitOutcomeUnknownError):
            comfy_prompt.sync(client=client.api, body=body)
        task = comfy_get_progress.TaskRequest(task_id="run-1")
        assert comfy_get_progress.sync(client=client.api, body=task).data.status == "running"
        assert gateway.seen == ["submit", "progress", "progress"]


def test_a_record_belongs_to_its_history(client_of, tmp_path, monkeypatch):
    with raw_gateway() as gateway:
        ours = client_of(gateway)
        prediction = pickle.dumps(ours.predictions.create("w", {}))
        gateway.answers["submit"] = envelope(taskId="theirs", status="waiting")
        history = tmp_path / "theirs.sqlite"
        theirs = client_of(gateway, history=history)
        theirs.predictions.create("w", {})
        values = {"APP_KEY": "key", "APP_SECRET": "secret", "ENDPOINT": gateway.url}
        for name, value in {**values, "HISTORY": str(history)}.items():
            monkeypatch.setenv(f"SPEEDPIX_{name}", value)
        assert pickle.loads(prediction).wait().status == "succeeded"
        assert [(run.id, run.status) for run in theirs.predictions.list()] == [
            ("theirs", "waiting")
        ]
        assert [run.status for run in ours.predictions.list()] == ["waiting"]
        monkeypatch.setenv("SPEEDPIX_HISTORY", str(tmp_path / "runs.sqlite"))
        pickle.loads(prediction).wait()
        assert [run.status for run in ours.predictions.list()] == ["succeeded"]


def test_a_history_that_was_begun_anew_keeps_what_is_in_it(client_of, tmp_path):
    with raw_gateway() as gateway:
        client = client_of(gateway)
        prediction = client.predictions.create("w", {})
        for path in tmp_path.glob("runs.sqlite*"):
            path.unlink()
        gateway.answers["submit"] = envelope(taskId="other", status="waiting")
        client.predictions.create("w", {})
        prediction.wait()
        assert [(run.id, run.status) for run in client.predictions.list()] == [("other", "waiting")]


@pytest.mark.parametrize("how", ["sync", "async"])
def test_of_a_crowd_only_those_under_way_are_on_record(client_of, how):
    crowd, places = 80, 32
    with raw_gateway() as gateway:
        gateway.answers["submit"] = lambda: gateway.silence() or None
        client = client_of(gateway)

        def look():
            while gateway.seen.count("submit") < places:
                time.sleep(0.01)
            assert len(ids(client)) == places
            gateway.answers["submit"] = None
            gateway.released.set()

        def submit(_):
            with pytest.raises(SubmitOutcomeUnknownError):
                client.predictions.create("w", {})

        async def submit_all():
            async with client:
                created = [client.predictions.async_create("w", {}) for _ in range(crowd)]
                done, _ = await asyncio.gather(
                    asyncio.gather(*created, return_exceptions=True), asyncio.to_thread(look)
                )
                assert {type(each) for each in done} == {SubmitOutcomeUnknownError}

        if how == "async":
            asyncio.run(submit_all())
        else:
            with ThreadPoolExecutor(crowd + 1) as threads:
                looking = threads.submit(look)
                list(threads.map(submit, range(crowd)))
                looking.result()


@dataclass(frozen=True)
class FrozenDataclassError(Exception):
    why: str = "enough"


@attrs.frozen
class FrozenAttrsError(Exception):
    why: str = "enough"


class SlottedError(Exception):
    __slots__ = ()


@pytest.mark.parametrize("kind", [FrozenDataclassError, FrozenAttrsError, SlottedError, ValueError])
@pytest.mark.parametrize("bar", [True, False])
def test_whatever_on_progress_raises_carries_the_run_at_hand(client_of, run, kind, bar):
    error = kind()  # one for all runs

    def stop(_progress):
        raise error

    with raw_gateway() as gateway:
        for name in ("run-1", "run-2"):
            gateway.answers["submit"] = envelope(taskId=name, status="waiting")
            with pytest.raises(kind) as caught:
                run(client_of(gateway), "w", {}, on_progress=stop, progress=bar)
            assert caught.value is error
            assert error.prediction.id == name
            assert [name in note for note in error.__notes__] == [True]


def test_a_task_cancelled_while_its_id_is_put_on_record(client_of):
    """All threads are busy with files that nobody writes to, so that the record has to wait."""
    answered = threading.Event()
    with raw_gateway() as gateway, ExitStack() as pipes:
        client = client_of(gateway)

        def uploads():
            for _ in range(MAX_WORKERS):
                reader, writer = os.pipe()
                file = pipes.enter_context(open(reader, "rb"))
                pipes.callback(os.close, writer)
                yield client.files.async_create(file)

        async def main():
            loop, busy = asyncio.get_running_loop(), []

            def taken():
                loop.call_soon_threadsafe(lambda: busy.extend(map(loop.create_task, uploads())))
                while sum(each.name == "speedpix" for each in threading.enumerate()) < MAX_WORKERS:
                    time.sleep(0.01)
                answered.set()
                return envelope(taskId="run-1", status="waiting")

            gateway.answers["submit"] = taken
            async with client:
                task = loop.create_task(client.predictions.async_create("w", {}))
                while not answered.is_set():
                    await asyncio.sleep(0.01)
                await asyncio.sleep(0.1)  # the answer is read, and its record is queued
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                for each in busy:
                    each.cancel()
                await asyncio.gather(*busy, return_exceptions=True)
            pipes.close()

        asyncio.run(main())
        assert ids(client) == ["run-1"]


def test_files_and_outputs_know_their_run_and_so_do_their_errors(client_of, tmp_path):
    with raw_gateway() as gateway:
        file = {"url": f"{gateway.url}/gone/comfy_prompt", "type": "image"}
        result = {"images": file, "again": file["url"]}
        gateway.answers["result"] = envelope(taskId="run-1", status="succeeded", result=result)
        output = client_of(gateway, max_retries=0).run("w", {})
        assert output == result
        assert json.loads(json.dumps(output)) == result
        assert output.prediction_id == output["images"].prediction_id == "run-1"
        assert pickle.loads(pickle.dumps(output))["again"].prediction_id == "run-1"
        for fetch in (output["images"].read, lambda: output.save_all(tmp_path)):
            with pytest.raises(DownloadError) as caught:
                fetch()
            assert caught.value.prediction.id == "run-1"
            assert caught.value.prediction.wait().output == result


def test_an_empty_output_knows_its_run(client_of):
    answer = envelope(taskId="run-1", status="succeeded", result={})
    with raw_gateway(result=answer) as gateway:
        assert client_of(gateway).run("w", {}).prediction_id == "run-1"


@pytest.mark.parametrize("answer", [None, (503, b""), "black hole"])
def test_an_outage_amid_a_run_is_waited_out_for_ten_minutes(client_of, answer):
    clock = NoWaitClock()

    def hole():  # the time that a client's patience with one answer takes
        clock.sleep(30)

    with raw_gateway(progress=hole if answer == "black hole" else answer) as gateway:
        client, begin = client_of(gateway, clock=clock), clock.monotonic()
        with pytest.raises(SpeedPixException, match=r"for 6\d\d s there was no answer") as caught:
            client.run("w", {})
        assert 600 <= clock.monotonic() - begin < 700
        gateway.answers["progress"] = envelope(taskId="run-1", status="succeeded")
        assert caught.value.prediction.wait().output == {"text": "done"}


def test_an_outage_that_ends_in_time_ends_no_run(client_of, caplog):
    clock = NoWaitClock()
    begin = clock.monotonic()

    def progress():
        passed = clock.monotonic() - begin
        return (503, b"") if passed < 550 else envelope(taskId="run-1", status="succeeded")

    caplog.set_level("INFO", "speedpix")
    with raw_gateway(progress=progress) as gateway:
        assert client_of(gateway, clock=clock).run("w", {}) == {"text": "done"}
    assert "prediction run-1: no answer (" in caplog.text
    assert "prediction run-1: answered again after 5" in caplog.text


def test_with_a_timeout_an_outage_is_waited_out_until_then(client_of):
    clock = NoWaitClock()
    with raw_gateway(progress=(503, b"")) as gateway:
        client, begin = client_of(gateway, clock=clock), clock.monotonic()
        # The first poll, from which it lasts, is asked for after part of a second.
        told = r"no answer for the last (1799|1800) s"
        with pytest.raises(PredictionTimeoutError, match=told):
            client.run("w", {}, wait_timeout=1800)
        assert clock.monotonic() - begin == pytest.approx(1800, abs=1)


@pytest.mark.parametrize("status", ["cancelled", "canceled"])
def test_a_cancelled_run_has_ended(client_of, run, status):
    with raw_gateway(
        progress=envelope(taskId="run-1", status=status),
        result=envelope(taskId="run-1", status=status),
    ) as gateway:
        client = client_of(gateway)
        with pytest.raises(PredictionError, match=f"the run was {status}") as caught:
            run(client, "w", {})
        assert caught.value.prediction.status == status
        (known,) = client.predictions.list()
        assert known.status == status
        with pytest.raises(PredictionError):
            known.wait()


REFUSAL = json.dumps({"status": 20, "subErrMessage": "its time was over", "data": None}).encode()


def test_an_unknown_status_with_a_result_is_an_end(client_of, run):
    with raw_gateway(progress=envelope(taskId="run-1", status="archived")) as gateway:
        assert run(client_of(gateway), "w", {}) == {"text": "done"}
        assert gateway.seen == ["submit", "progress", "result"]


def test_an_unknown_status_with_a_refusal_is_an_end(client_of):
    progress = envelope(taskId="run-1", status="expired")
    with raw_gateway(progress=progress, result=REFUSAL) as gateway:
        with pytest.raises(PredictionError, match="its time was over") as caught:
            client_of(gateway, clock=NoWaitClock()).run("w", {})
        assert caught.value.prediction.status == "failed"
        assert caught.value.prediction.progress.status == "expired"


def test_an_unknown_status_without_either_is_not_waited_for_for_ever(client_of):
    clock, unknown = NoWaitClock(), envelope(taskId="run-1", status="limbo")
    with raw_gateway(progress=unknown, result=unknown) as gateway:
        with pytest.raises(ServerError, match="'limbo' is not known"):
            client_of(gateway, clock=clock).run("w", {}, polling_interval=1000)
        assert gateway.seen.count("result") < 40
        assert clock.monotonic() > 0


@pytest.mark.parametrize("step", ["sign", "put", "submit", "progress", "result"])
def test_the_timeout_of_a_run_is_for_all_of_it(client_of, run, step):
    kinds = {"submit": SubmitOutcomeUnknownError}
    with raw_gateway() as gateway:
        gateway.answers[step] = lambda: gateway.silence() or None
        client, begin = client_of(gateway, timeout=60), time.monotonic()
        with pytest.raises(kinds.get(step, PredictionTimeoutError)) as caught:
            run(client, "w", {"file": b"content"}, wait_timeout=0.5)
        assert time.monotonic() - begin < 10  # far from the minute of one call
        known = ids(client)
    if step in ("sign", "put"):
        assert "nothing was submitted" in str(caught.value)
        assert known == []
    else:
        assert known == ["" if step == "submit" else "run-1"]
        assert isinstance(caught.value.__cause__, APITimeoutError) or step != "submit"


def test_a_run_without_waiting_is_submitted_within_its_timeout(client_of, run):
    with raw_gateway() as gateway:
        gateway.answers["put"] = lambda: gateway.silence() or None
        client = client_of(gateway, timeout=60)
        with pytest.raises(PredictionTimeoutError):
            run(client, "w", {"file": b"content"}, wait=False, wait_timeout=0.5)
        assert "submit" not in gateway.seen


def test_whoever_waits_for_the_upload_of_another_run_has_its_own_time(client_of):
    with raw_gateway() as gateway:
        gateway.answers["put"] = lambda: gateway.silence() or None
        client = client_of(gateway, timeout=60)
        with ThreadPoolExecutor(1) as threads:
            patient = threads.submit(client.run, "w", {"file": b"content"}, wait_timeout=5)
            while "put" not in gateway.seen:
                time.sleep(0.01)
            with pytest.raises(PredictionTimeoutError):
                client.run("w", {"file": b"content"}, wait_timeout=0.2)
            assert not patient.done()
            gateway.answers["put"] = b""
            gateway.released.set()
            assert patient.result() == {"text": "done"}
