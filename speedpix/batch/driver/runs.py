"""The course of each item of a batch: submitted, followed, saved, and how that ended recorded."""

from __future__ import annotations

import asyncio
import json
import random
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Awaitable, Callable, Coroutine, Sequence, TypeVar

from attrs import evolve, field, frozen

from ...constants import BACKOFF_BASE, BACKOFF_CAP, LONGEST_POLLING_INTERVAL, MAX_SUBMITS
from ...exceptions import RateLimitError, SpeedPixException
from ...files.save import save_at
from ...flow.effects import Flow, Sleep
from ...inputs.prepare import filled
from ...observing import Observation
from ...predictions.context import Context
from ...predictions.options import Wait
from ...predictions.submit import bring, start
from ...predictions.wait import follow
from ...values.output import Output
from ...values.prediction import Prediction
from ..delivery.engine import Engine
from ..delivery.saving import Save, saved
from ..items import Item, Looked
from ..manifest.entry import SUCCEEDED, Entry, error_text
from ..options import Orders
from ..result import End, output_text
from .decisions import Judgement, Verdict, after_payment, before_payment
from .gate import ClosedError, Gate
from .record import ItemRecord

T = TypeVar("T")


@frozen(eq=False)
class Job:
    """An item that is under way, and the other places at which it stands among the inputs."""

    looked: Looked
    record: ItemRecord
    verdict: Verdict
    observation: Observation
    repeats: list[Item] = field(factory=list)


class Runs:
    """The runs of one batch that are under way; used in the driver's loop only."""

    def __init__(self, context: Context, orders: Orders, stop: Callable[[End], None]) -> None:
        self._save: Save = save_at
        if orders.executor is not None:
            engine = Engine(orders.executor, context.gateway.settings)
            context, self._save = evolve(context, upload=engine.upload), engine.save
        self._context = context
        self._orders = orders
        self._stop = stop
        self._limiter = context.gateway.limiter
        self._gate = Gate(MAX_SUBMITS, self._may_submit)
        self._paid = 0
        self._leaving = self._asks_again = False
        self.running = 0

    @property
    def submitted(self) -> int:
        """Return how many submits were paid, or may have been."""
        return self._paid + self._gate.within

    def close(self) -> None:
        """Submit nothing more."""
        self._gate.close()

    def leave(self) -> None:
        """Follow no run any more that is not followed yet."""
        self._leaving = True

    async def outcome(self, job: Job) -> tuple[Output | None, SpeedPixException | None]:
        """Make an item's run, or take it up; record how that ended."""
        record = job.record
        try:
            prediction = await self._prediction(job)
        except SpeedPixException as error:
            judgement = before_payment(error)
            if judgement is Judgement.STOP:
                raise
            record.put(_ended(record.entry, error, judgement))
            return None, error
        if self._leaving:
            raise ClosedError
        job.observation.prediction = prediction
        self.running += 1
        began = self._limiter.began()
        try:
            files = await self._patiently(partial(self._home, job, prediction), after_payment)
        except SpeedPixException as error:
            judgement = after_payment(error)
            if judgement is Judgement.STOP:
                self._stop(End(error))
                judgement = Judgement.OPEN
            record.put(_ended(record.entry, error, judgement))
            return None, error
        finally:
            self.running -= 1
            self._limiter.ended(began)
            self._gate.changed()
        output = prediction.output or Output()
        record.put(self._succeeded(record.entry, output, files))
        return output, None

    async def _prediction(self, job: Job) -> Prediction:
        """Return the run of an item, submitted if there is none yet."""
        entry = job.record.entry
        if job.verdict is Verdict.PICK_UP:
            label = self._label(job)
            return Prediction(entry.prediction_id or "", label=label, link=self._context.link)
        return await self._patiently(partial(self._submitted, job), before_payment)

    async def _patiently(
        self,
        make: Callable[[], Awaitable[T]],
        judge: Callable[[BaseException], Judgement],
    ) -> T:
        """Do something until it is not throttled."""
        while True:
            try:
                return await make()
            except RateLimitError as error:
                if judge(error) is not Judgement.AGAIN:
                    raise
            await self._run(_sleep(random.uniform(BACKOFF_BASE, BACKOFF_CAP)))  # noqa: S311

    async def _submitted(self, job: Job) -> Prediction:
        submission = evolve(self._orders.submission, label=self._label(job))
        prepared = job.looked.prepared
        assert prepared is not None  # noqa: S101 - else there is trouble, which was told
        if self._gate.is_closed:
            raise ClosedError
        watch = job.observation.watch
        if prepared.files:
            inputs = await self._run(watch(bring(self._context, submission, prepared)))
        else:
            inputs = filled(prepared, {})
        async with self._gate.passing():
            context = evolve(self._context, history=job.record)
            try:
                prediction = await _undisturbed(
                    self._run(watch(start(context, submission, inputs, queued=True)))
                )
            except SpeedPixException as error:
                in_doubt = before_payment(error) is Judgement.UNKNOWN
                self._paid += in_doubt or error.prediction_id is not None  # started, not on record
                raise
            self._paid += 1
            return prediction

    def _label(self, job: Job) -> str | None:
        """Return what an item's run is called: as the item is, else as all runs are."""
        return job.looked.label or self._orders.submission.label

    async def _home(self, job: Job, prediction: Prediction) -> list[Path]:
        """Follow a run to its end, and save its files; return where they are."""
        return await self._run(job.observation.watch(self._brought_home(job, prediction)))

    def _brought_home(self, job: Job, prediction: Prediction) -> Flow[list[Path]]:
        if prediction.output is None:
            how = Wait(LONGEST_POLLING_INTERVAL, self._orders.wait_timeout)
            yield from follow(evolve(self._context, history=job.record), prediction, how)
        if self._orders.targets is None or prediction.output is None:
            return []
        return (
            yield from saved(
                self._context, prediction.output, job.looked, self._orders.targets, self._save
            )
        )

    def _succeeded(self, entry: Entry, output: Output, files: Sequence[Path]) -> Entry:
        return entry._replace(
            state=SUCCEEDED,
            made=entry.call,
            output=output_text(output),
            saved=None if self._orders.targets is None else json.dumps(list(map(str, files))),
            submitted_at=None,
            seconds=entry.seconds or self._seconds_since(entry.submitted_at),
            error=None,
        )

    def _run(self, flow: Flow[T]) -> Coroutine[Any, Any, T]:
        return self._context.link.async_run(flow)

    def _seconds_since(self, moment: float | None) -> float | None:
        """Return how long ago a moment was, by the clock, which somebody may have set back."""
        return None if moment is None else max(0.0, self._context.gateway.clock.time() - moment)

    def _may_submit(self) -> bool:
        if not self._limiter.has_room(self._gate.within):
            if not self._asks_again:  # room may come with time, or from other batches
                self._asks_again = True
                asyncio.get_running_loop().call_later(BACKOFF_BASE, self._ask_again)
            return False
        most = self._orders.max_runs
        if most is None or self._paid + self._gate.within < most:
            return True
        if self._paid >= most:
            asyncio.get_running_loop().call_soon(
                self._stop, End(stopped=f"max_runs={most} was reached")
            )
        return False

    def _ask_again(self) -> None:
        self._asks_again = False
        self._gate.changed()


def _ended(entry: Entry, error: SpeedPixException, judgement: Judgement) -> Entry:
    return entry._replace(state=str(judgement.value), made=entry.call, error=error_text(error))


async def _undisturbed(work: Coroutine[Any, Any, T]) -> T:
    """Await a submit to its end, also when the batch is left: its run would be in doubt."""
    task = asyncio.ensure_future(work)
    # `asyncio.run` cancels all tasks that it knows of when its main one has ended.
    asyncio.tasks._unregister_task(task)  # noqa: SLF001 - documented for own kinds of tasks
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([task])
        task.exception()  # it was heard
        raise


def _sleep(seconds: float) -> Flow[None]:
    yield Sleep(seconds)
