"""Run a flow to its end, blocking or with `await`, or on to its next news."""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Protocol, TypeVar

from .effects import Effect, Flow, Tell

T = TypeVar("T")


class Runner(Protocol):
    """What runs flows with transports of its own."""

    def run(self, flow: Flow[T]) -> T: ...

    async def async_run(self, flow: Flow[T]) -> T: ...


def run(flow: Flow[T], perform: Callable[[Effect], Any]) -> T:
    """Run a flow, performing each effect before the next."""
    try:
        effect = next(flow)
        while True:
            try:
                answer = perform(effect)
            except BaseException as error:  # noqa: BLE001 - the flow decides, on Ctrl-C too
                effect = flow.throw(error)
            else:
                effect = flow.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        flow.close()


async def async_run(flow: Flow[T], perform: Callable[[Effect], Awaitable[Any]]) -> T:
    """Run a flow, awaiting each effect before the next."""
    try:
        effect = next(flow)
        while True:
            try:
                answer = await perform(effect)
            except BaseException as error:  # noqa: BLE001 - the flow decides, on cancellation too
                effect = flow.throw(error)
            else:
                effect = flow.send(answer)
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        flow.close()


def next_news(flow: Flow[object]) -> Flow[Any]:
    """Run a flow on to the next news that it tells, and leave it there; None at its end.

    This is a flow itself, for either driver. Between two news nothing is open: whoever loses
    interest just drops the flow.
    """
    try:
        effect = next(flow)
        while not isinstance(effect, Tell):
            try:
                answer = yield effect
            except BaseException as error:  # noqa: BLE001 - the flow decides
                effect = flow.throw(error)
            else:
                effect = flow.send(answer)
    except StopIteration:
        return None
    return effect.news
