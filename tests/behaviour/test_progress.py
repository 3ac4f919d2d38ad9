"""Being told how a run goes: by a callback, and in a loop."""

from __future__ import annotations

import asyncio
import weakref

import pytest
from speedpix_emulator import Failure, Node

import speedpix
from speedpix import InputError, PredictionError, PredictionTimeoutError, Progress

from .conftest import awaited

SCRIPT = {
    "queue": [(10, 4), (10, 1)],
    "duration": 40,
    "nodes": [Node("Loader"), Node("KSampler", steps=20, weight=3)],
}
DONE = Progress(status="succeeded", fraction=1.0, seconds_left=0.0)


@pytest.fixture
def scripted(emulator):
    """Let the next run queue, go through two nodes, and succeed."""
    emulator.next_run("echo", **SCRIPT)


@pytest.fixture
def told():
    return []


def assert_whole(told):
    """Check the story of a scripted run."""
    assert all(before != after for before, after in zip(told, told[1:], strict=False))
    assert told[0] == Progress(status="waiting")
    assert told[-1] == DONE
    queue = [progress.queue_length for progress in told[1:] if progress.status == "waiting"]
    assert queue == [4, 1]
    running = [progress for progress in told if progress.status == "running"]
    assert [progress.node for progress in running][:1] == ["Loader"]
    fractions = [progress.fraction for progress in running]
    assert fractions == sorted(fractions)
    steps = [(each.step, each.steps) for each in running if each.node == "KSampler"]
    assert len(steps) > 10
    assert steps == sorted(steps)
    assert steps[-1][1] == 20
    assert running[-1].seconds_left < running[0].seconds_left <= 40


# A callback ----------------------------------------------------------------------------------


@pytest.mark.usefixtures("scripted")
def test_a_callback_gets_each_change(run, told):
    output = run("echo", {"a": 1}, on_progress=told.append, polling_interval=1)
    assert output == {"given": {"a": 1}}
    assert_whole(told)


@pytest.mark.usefixtures("scripted")
def test_a_callback_in_the_options_form(run, told):
    given = {"input": {"a": 1}, "on_progress": told.append, "polling_interval": 1}
    assert run("echo", given) == {"given": {"a": 1}}
    assert_whole(told)


def test_the_first_call_comes_right_after_the_submit_and_the_last_with_the_output(run, sent):
    when = []
    run("echo", {}, on_progress=lambda progress: when.append((progress.status, sent())))
    submitted, ended = ["submit"], ["submit", "progress", "result"]
    assert when == [("waiting", submitted), ("succeeded", ended)]


@pytest.mark.usefixtures("scripted")
def test_a_coroutine_function_is_awaited_before_going_on(client, clock, sent, told):
    async def listen(progress):
        before = clock.monotonic(), sent()
        for _ in range(10):
            await asyncio.sleep(0)
        assert (clock.monotonic(), sent()) == before
        told.append(progress)

    awaited(client.async_run, "echo", {}, on_progress=listen, polling_interval=1)
    assert_whole(told)


def test_a_coroutine_function_needs_an_async_call(client, sent):
    async def listen(_progress):
        pytest.fail("nobody awaits this")

    for arguments, options in (
        (("echo", {}), {"on_progress": listen}),
        (("echo", {"input": {}, "on_progress": listen}), {}),
    ):
        with pytest.raises(InputError, match="async_run"):
            client.run(*arguments, **options)
        with pytest.raises(InputError, match="async_run"):
            speedpix.run(*arguments, client=client, **options)
    assert sent() == []
    prediction = client.predictions.create("echo", {})
    with pytest.raises(InputError, match="async_wait"):
        prediction.wait(on_progress=listen)
    assert sent() == ["submit"]


@pytest.mark.parametrize("option", [{"progress": True}, {"on_progress": print}])
def test_without_waiting_there_is_no_progress(run, sent, option):
    with pytest.raises(InputError, match=r"prediction\.stream\(\)"):
        run("echo", {}, wait=False, **option)
    with pytest.raises(InputError, match="wait=False"):
        run("echo", {"input": {}, "wait": False, **option})
    assert sent() == []
    run("echo", {}, wait=False, progress=False, on_progress=None)


def test_an_error_of_the_callback_carries_the_run_which_goes_on(run):
    def listen(progress):
        message = f"not {progress.status}"
        raise LookupError(message)

    with pytest.raises(LookupError, match="not waiting") as caught:
        run("echo", {"a": 1}, on_progress=listen)
    prediction = caught.value.prediction
    assert prediction.id in caught.value.__notes__[0]
    assert prediction.wait().output == {"given": {"a": 1}}


def test_an_error_of_a_coroutine_function_carries_the_run_too(client):
    async def listen(progress):
        await asyncio.sleep(0)
        raise LookupError(progress.status)

    with pytest.raises(LookupError, match="waiting") as caught:
        awaited(client.async_run, "echo", {}, on_progress=listen)
    assert caught.value.prediction.id


def test_a_failed_run_is_told_before_it_is_raised(run, emulator, told):
    emulator.next_run("echo", duration=10, failure=Failure("node 3 failed", at=0.5))
    with pytest.raises(PredictionError, match="node 3 failed"):
        run("echo", {}, on_progress=told.append)
    statuses = [progress.status for progress in told]
    assert list(dict.fromkeys(statuses)) == ["waiting", "running", "failed"]
    assert statuses.count("failed") == 1


def test_a_wait_tells_what_is_known_and_then_each_change(client, emulator, told):
    emulator.next_run("echo", **SCRIPT)
    prediction = client.predictions.create("echo", {})
    with pytest.raises(PredictionTimeoutError):
        prediction.wait(polling_interval=1, timeout=15, on_progress=told.append)
    known = told.pop()
    assert known.queue_length == 1
    again = []
    assert prediction.wait(1, on_progress=again.append) is prediction
    assert again[0] == known
    assert_whole(told + again)


def test_an_async_wait_tells_too(client, emulator, told):
    emulator.next_run("echo", **SCRIPT)
    prediction = client.predictions.create("echo", {})

    async def listen(progress):
        told.append(progress)

    assert awaited(prediction.async_wait, 1, on_progress=listen) is prediction
    assert_whole(told)


def test_the_module_functions_tell_too(client, told):
    speedpix.run("echo", {}, client=client, on_progress=told.append)
    awaited(speedpix.async_run, "echo", {}, client=client, on_progress=told.append)
    assert told == [Progress(status="waiting"), DONE] * 2


# A loop --------------------------------------------------------------------------------------


async def looped(stream, body):
    async for progress in stream:
        body(progress)


@pytest.fixture(params=["sync", "async"])
def loop(request):
    """A function that loops over a stream, in one of the two ways, and calls a body."""
    if request.param == "async":
        return lambda stream, body: asyncio.run(looped(stream, body))

    def loop(stream, body):
        for progress in stream:
            body(progress)

    return loop


@pytest.fixture
def prediction(client, emulator):
    """A scripted run that was just submitted."""
    emulator.next_run("echo", **SCRIPT)
    return client.predictions.create("echo", {"a": 1})


def test_a_stream_gives_each_change_and_the_output(loop, prediction, told):
    loop(prediction.stream(polling_interval=1), told.append)
    assert_whole(told)
    assert prediction.output == {"given": {"a": 1}}


def test_a_stream_asks_no_more_often_than_a_wait(loop, client, emulator, told):
    emulator.next_run("echo", times=2, duration=30)
    counts = []
    for follow in (lambda run: run.wait(), lambda run: loop(run.stream(), told.append)):
        before = emulator.count("progress")
        follow(client.predictions.create("echo", {}))
        counts.append(emulator.count("progress") - before)
    assert counts[0] == counts[1] == len(told) - 1


def test_a_stream_begins_when_it_is_looped_over(prediction, sent):
    before = sent()
    stream = prediction.stream()
    assert iter(stream) is stream
    assert next(stream) == Progress(status="waiting")
    assert sent() == before


def test_a_stream_of_a_failed_run_tells_and_raises(loop, client, emulator, told):
    emulator.next_run("echo", duration=10, failure=Failure("node 3 failed", at=0.5))
    prediction = client.predictions.create("echo", {})
    stream = prediction.stream()
    with pytest.raises(PredictionError, match="node 3 failed") as caught:
        loop(stream, told.append)
    assert caught.value.prediction is prediction
    statuses = [progress.status for progress in told]
    assert list(dict.fromkeys(statuses)) == ["waiting", "running", "failed"]
    assert statuses.count("failed") == 1
    loop(stream, told.append)  # a stream that has ended stays at its end
    assert len(told) == len(statuses)


def test_a_stream_has_a_deadline_that_begins_with_the_loop(loop, prediction, clock, told):
    stream = prediction.stream(timeout=15)
    clock.advance(100)  # the run has ended meanwhile
    loop(stream, told.append)
    assert told[-1] == DONE


def test_a_stream_times_out_as_a_wait_does(loop, prediction, clock, told):
    begin = clock.monotonic()
    with pytest.raises(PredictionTimeoutError) as caught:
        loop(prediction.stream(timeout=15), told.append)
    assert clock.monotonic() - begin == pytest.approx(15)
    assert caught.value.prediction is prediction
    assert told[-1].status == "waiting"
    loop(prediction.stream(), told.append)
    assert told[-1] == DONE


@pytest.mark.parametrize(
    ("options", "named"), [({"polling_interval": 0}, "polling_interval"), ({"timeout": -1}, "time")]
)
def test_a_wrong_argument_is_refused_at_once(prediction, options, named):
    with pytest.raises(InputError, match=named):
        prediction.stream(**options)


def test_a_stream_of_a_run_that_has_ended_tells_the_end(loop, prediction, told, sent):
    prediction.wait()
    before = sent()
    loop(prediction.stream(), told.append)
    assert told == [DONE]
    assert sent() == before


def test_a_loop_that_is_left_early_leaves_nothing_open(prediction, sent):
    for progress in prediction.stream(polling_interval=1):
        if progress.status == "running":
            break
    before = sent()
    assert prediction.status == "running"
    assert prediction.wait().output == {"given": {"a": 1}}
    assert sent() != before


def test_an_async_loop_that_is_left_early_leaves_nothing_open(client, emulator):
    emulator.next_run("echo", **SCRIPT)

    async def main():
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: pytest.fail(context["message"])
        )
        prediction = await client.predictions.async_create("echo", {})
        stream = prediction.stream(polling_interval=1)
        async for progress in stream:
            if progress.status == "running":
                break
        left = weakref.ref(stream._flow)
        del stream
        assert left() is None
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return prediction.status

    assert asyncio.run(main()) == "running"


def test_a_stream_can_be_taken_up_where_it_was_left(loop, prediction, told):
    stream = prediction.stream(polling_interval=1)
    for progress in stream:
        told.append(progress)
        if progress.status == "running":
            break
    loop(stream, told.append)
    assert_whole(told)


def test_an_error_in_the_body_is_the_callers_own(loop, prediction):
    def body(_progress):
        message = "mine"
        raise LookupError(message)

    with pytest.raises(LookupError) as caught:
        loop(prediction.stream(), body)
    assert not hasattr(caught.value, "prediction")


def test_a_task_that_is_cancelled_in_its_loop_ends_it(client, emulator, clock):
    emulator.next_run("echo", duration=3600)

    async def main():
        prediction = await client.predictions.async_create("echo", {})
        stream = prediction.stream(polling_interval=1)

        async def listen():
            async for progress in stream:
                if progress.status == "running":
                    asyncio.current_task().cancel()

        with pytest.raises(asyncio.CancelledError) as caught:
            await asyncio.ensure_future(listen())
        assert caught.value.prediction is prediction
        assert [progress async for progress in stream] == []

    asyncio.run(main())
