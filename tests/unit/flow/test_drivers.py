"""One flow, two drivers: the same answers, the same errors, the same ends."""

from __future__ import annotations

import asyncio
import weakref

import pytest

from speedpix.flow import drivers
from speedpix.flow.effects import Sleep, Tell, Work


def blocking(flow, perform):
    return drivers.run(flow, perform)


def awaiting(flow, perform):
    async def perform_async(effect):
        await asyncio.sleep(0)
        return perform(effect)

    return asyncio.run(drivers.async_run(flow, perform_async))


@pytest.fixture(params=[blocking, awaiting], ids=["sync", "async"])
def drive(request):
    return request.param


def adding(*numbers):
    total = 0
    for number in numbers:
        total += yield Work(lambda number=number: number)
    return total


def test_each_effect_is_performed_and_its_answer_sent_in(drive):
    assert drive(adding(1, 2, 3), lambda effect: effect.function()) == 6


def test_a_flow_without_effects(drive):
    assert drive(adding(), None) == 0


def test_an_error_is_thrown_in_where_the_effect_was_asked_for(drive):
    def flow():
        try:
            yield Sleep(1)
        except OSError as error:
            return f"caught {error}"

    def perform(_effect):
        message = "disk"
        raise OSError(message)

    assert drive(flow(), perform) == "caught disk"


def test_a_flow_can_go_on_after_an_error(drive):
    answers = iter([OSError("first"), "second"])

    def perform(_effect):
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def flow():
        for _ in range(2):
            try:
                answer = yield Sleep(0)
            except OSError:
                continue
            return answer

    assert drive(flow(), perform) == "second"


@pytest.mark.parametrize("kind", [OSError, KeyboardInterrupt, SystemExit])
def test_an_error_that_is_not_caught_ends_both(drive, kind):
    cleaned = []

    def flow():
        try:
            yield Sleep(0)
        finally:
            cleaned.append(True)

    def perform(_effect):
        raise kind

    with pytest.raises(kind):
        drive(flow(), perform)
    assert cleaned == [True]


def test_what_a_flow_raises_is_raised(drive):
    def flow():
        yield Sleep(0)
        message = "mine"
        raise LookupError(message)

    with pytest.raises(LookupError, match="mine"):
        drive(flow(), lambda _effect: None)


def test_cleaning_up_may_take_effects_too(drive):
    done = []

    def flow():
        try:
            yield Sleep(1)
        finally:
            yield Work(lambda: done.append("closed"))

    def perform(effect):
        if isinstance(effect, Sleep):
            raise KeyboardInterrupt
        return effect.function()

    with pytest.raises(KeyboardInterrupt):
        drive(flow(), perform)
    assert done == ["closed"]


def test_a_cancelled_task_ends_its_flow():
    ended = []

    def flow():
        try:
            yield Sleep(1)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    async def perform(_effect):
        await asyncio.Event().wait()

    async def main():
        task = asyncio.ensure_future(drivers.async_run(flow(), perform))
        await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(main())
    assert ended == ["cancelled"]


# From news to news ---------------------------------------------------------------------------


def counting(numbers):
    for number in numbers:
        done = yield Work(lambda number=number: 2 * number)
        yield Tell((), done)


def test_a_flow_can_be_run_from_news_to_news(drive):
    flow = counting([1, 2])
    told = [drive(drivers.next_news(flow), lambda effect: effect.function()) for _ in range(4)]
    assert told == [2, 4, None, None]


def test_an_error_between_two_news_is_the_flows_to_handle(drive):
    def flow():
        try:
            yield Sleep(1)
        except OSError as error:
            yield Tell((), str(error))
        yield Sleep(1)

    def perform(_effect):
        message = "disk"
        raise OSError(message)

    broken = flow()
    assert drive(drivers.next_news(broken), perform) == "disk"
    with pytest.raises(OSError, match="disk"):
        drive(drivers.next_news(broken), perform)
    assert drive(drivers.next_news(broken), perform) is None


def test_a_flow_that_is_dropped_between_two_news_is_closed(drive):
    closed = []

    def flow():
        try:
            yield from counting([1, 2])
        finally:
            closed.append(True)

    begun = flow()
    dropped = weakref.ref(begun)
    assert drive(drivers.next_news(begun), lambda effect: effect.function()) == 2
    assert not closed
    del begun
    assert dropped() is None
    assert closed == [True]
