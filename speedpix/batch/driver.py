"""The one driver of a batch: it alone submits and polls, and alone writes the manifest."""

from __future__ import annotations

import asyncio
import json
import math
import random
from collections import Counter, deque
from concurrent.futures import Executor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Awaitable, Callable, Collection, Coroutine, Sequence, TypeVar

from attrs import evolve, field, frozen

from ..constants import BACKOFF_BASE, BACKOFF_CAP, LONGEST_POLLING_INTERVAL, MAX_SUBMITS
from ..exceptions import (
    BatchStoppedError,
    InputError,
    ManifestError,
    PredictionTimeoutError,
    RateLimitError,
    SpeedPixException,
)
from ..files.save import save
from ..flow.effects import Flow, Sleep, Work
from ..observing import RUN, Observation
from ..predictions.context import Context
from ..predictions.options import Submission, Wait
from ..predictions.submit import bring, start
from ..predictions.wait import follow
from ..values.output import Output
from ..values.prediction import Prediction
from .bringing import Save, output_from, output_text, saved
from .engine import Engine
from .gate import ClosedError, Gate
from .items import Item, Looked, identity, look
from .judging import Judgement, after_payment, before_payment
from .manifest import FAILED, OPEN, SUCCEEDED, Entry, Manifest
from .records import ItemRecord
from .result import SKIPPED, Counts, Result, error_from, error_text
from .targets import Targets
from .verdicts import Verdict, decide

T = TypeVar("T")

_LOOKED_AT_ONCE = 64  # inputs that one thread looks at before the first of them goes on


@frozen
class Orders:
    """What a batch is to do, its options checked."""

    submission: Submission
    targets: Targets | None = None
    concurrency: int = 0
    retry: Collection[str] = ()
    max_runs: int | None = None
    stop_after: int | None = None
    wait_timeout: float = math.inf
    executor: Executor | None = None


@frozen
class End:
    """The last that a driver emits: whether, and why, the batch ended early."""

    error: BaseException | None = None
    stopped: str | None = None


@frozen(eq=False)
class _Job:
    """An item that is under way, and the other places at which it stands among the inputs."""

    looked: Looked
    record: ItemRecord
    verdict: Verdict
    observation: Observation
    repeats: list[Item] = field(factory=list)


Emit = Callable[[Any], None]  # takes lists of results, and at last an End


class Driver:
    """The runs of one batch, in one event loop.

    It is fed with items, and emits results, in lists, and at last an End. All but `feed`, `stop`
    and `leave` is done in the loop.
    """

    def __init__(
        self,
        context: Context,
        orders: Orders,
        manifest: Manifest,
        loop: asyncio.AbstractEventLoop,
        emit: Emit,
    ) -> None:
        self._save: Save = save
        if orders.executor is not None:
            engine = Engine(orders.executor, context.gateway.settings)
            context, self._save = evolve(context, upload=engine.upload), engine.save
        self._context = context
        self._orders = orders
        self._manifest = manifest
        self._loop = loop
        self._emit = emit
        self._common = identity(orders.submission)
        self._jobs: dict[str, _Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._limiter = context.gateway.limiter
        self._gate = Gate(MAX_SUBMITS, self._may_submit)
        self._inbox: deque[Sequence[Item] | None] = deque()
        self._woken: asyncio.Future[None] | None = None
        self._results: list[Result] = []
        self._stems: dict[str, int] = {}
        self._statuses: Counter[str] = Counter()
        self._drawn = self._paid = self._running = self._failures = 0
        self._leaving = self._flushing = False
        self._end: End | None = None

    @property
    def counts(self) -> Counts:
        """Return how many items came to what so far."""
        return Counts(
            drawn=self._drawn,
            running=self._running,
            submitted=self._paid + self._gate.within,
            **self._statuses,
        )

    def feed(self, items: Sequence[Item] | None) -> None:
        """Take items, or None when there are no more; from any thread."""
        self._soon(lambda: self._put(items))

    def stop(self, why: str) -> None:
        """Submit nothing more, and bring home what is under way; from any thread."""
        self._soon(lambda: self._stop(End(stopped=why)))

    def leave(self) -> None:
        """Submit nothing more, and leave what is under way open; from any thread."""
        self._soon(self._leave)

    def _soon(self, act: Callable[[], object]) -> None:
        try:
            self._loop.call_soon_threadsafe(act)
        except RuntimeError:  # the loop is closed: it is over
            return

    async def run(self) -> None:
        """Make the runs until there are no more items, or the batch stops."""
        self._places = asyncio.Semaphore(self._orders.concurrency)
        try:
            while self._end is None:
                items = await self._next()
                if items is None:
                    break
                await self._take(items)
            while self._tasks:
                await asyncio.wait(self._tasks)
        except asyncio.CancelledError:
            self._leave()
            raise
        except Exception as error:  # noqa: BLE001 - it is the caller's to hear
            self._stop(End(error))
            self._leave()
        finally:
            while self._tasks:
                await asyncio.wait(self._tasks)
            self._flush()
            self._emit(self._end or End())

    async def _take(self, items: Sequence[Item]) -> None:
        self._drawn += len(items)
        for first in range(0, len(items), _LOOKED_AT_ONCE):
            some = items[first : first + _LOOKED_AT_ONCE]
            for looked in await self._run(
                _looks(self._context, some, self._common, self._manifest)
            ):
                for state, sha256 in looked.digested.items():
                    self._manifest.remember(state, sha256)
                if self._end is None:
                    self._place(looked)
            self._flush_soon()

    def _place(self, looked: Looked) -> None:
        """Begin an item, unless it needs nothing."""
        under_way = self._jobs.get(looked.key)
        if under_way is not None:
            if under_way.looked.digest == looked.digest:
                under_way.repeats.append(looked.item)
                self._manifest.repeat(looked.key, looked.item.position)
            else:
                self._refuse_key(looked, under_way.looked.item.position)
            return
        before = self._manifest.get(looked.key)
        if self._is_taken(looked, before):
            return
        call, position = self._manifest.call, looked.item.position
        orders = self._orders
        verdict = decide(before, looked, call, orders.retry, saves=orders.targets is not None)
        fresh = Entry(looked.key, looked.digest, OPEN, position, call, call, photo=looked.photo)
        if verdict is Verdict.RUN:
            self._begin(looked, ItemRecord(self._manifest, fresh, before), verdict)
        elif verdict is Verdict.FAIL and looked.trouble is not None:
            entry = self._ended(fresh, looked.trouble, FAILED)
            self._manifest.put(entry)
            self._deliver(looked, entry, error=looked.trouble)
            self._count_failures(FAILED, looked.trouble)
        elif before is not None and verdict is Verdict.REFUSE_KEY:
            self._refuse_key(looked, before.position)
        elif before is not None:
            self._meet(before, looked)
            if verdict is Verdict.PICK_UP:
                entry = evolve(before, position=position, call=call)
                self._begin(looked, ItemRecord(self._manifest, entry), verdict)
            else:
                self._deliver(looked, before)

    def _is_taken(self, looked: Looked, before: Entry | None) -> bool:
        """Refuse an item whose files would replace those of another."""
        targets = self._orders.targets
        if targets is None or targets.tells_items_apart:
            return False
        if before is not None and before.call == self._manifest.call:
            return False  # it was met already
        first = self._stems.setdefault(looked.stem, looked.item.position)
        if first == looked.item.position:
            return False
        message = (
            f"its files would replace those of input {first}, which are called {looked.stem!r}, "
            "too; put {key} or {index} into save_to"
        )
        self._refuse(looked, message)
        return True

    def _begin(self, looked: Looked, record: ItemRecord, verdict: Verdict) -> None:
        workflow_id = self._orders.submission.request.workflow_id
        observation = Observation(RUN, self._context.gateway.clock, workflow_id)
        job = _Job(looked, record, verdict, observation)
        self._jobs[looked.key] = job
        task = asyncio.ensure_future(self._work(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _meet(self, before: Entry, looked: Looked) -> None:
        """Record where this call met an item."""
        if before.call == self._manifest.call:
            self._manifest.repeat(looked.key, looked.item.position)
        else:
            self._manifest.meet(looked.key, looked.item.position)

    def _refuse_key(self, looked: Looked, position: int) -> None:
        message = f"inputs {position} and {looked.item.position} have the same key {looked.key!r}"
        self._refuse(looked, message)

    def _refuse(self, looked: Looked, message: str) -> None:
        call = self._manifest.call
        entry = Entry(looked.key, looked.digest, FAILED, looked.item.position, call, call)
        self._deliver(looked, entry, error=InputError(message))

    async def _work(self, job: _Job) -> None:
        """Take an item to its end; nothing is delivered of one that was not submitted."""
        key = job.looked.key
        try:
            async with self._places:
                with job.observation as observation:
                    output, error = await self._outcome(job)
                    observation.error = error
            del self._jobs[key]
            for item in (job.looked.item, *job.repeats):
                looked = evolve(job.looked, item=item)
                self._deliver(looked, job.record.entry, output, error)
            self._count_failures(job.record.entry.state, error)
        except (ClosedError, asyncio.CancelledError):
            self._jobs.pop(key, None)
        except Exception as error:  # noqa: BLE001 - it stops the batch, and is raised at its end
            self._jobs.pop(key, None)
            self._stop(End(error))

    async def _outcome(self, job: _Job) -> tuple[Output | None, SpeedPixException | None]:
        """Make an item's run, or take it up; record how that ended."""
        record = job.record
        try:
            prediction = await self._prediction(job)
        except SpeedPixException as error:
            judgement = before_payment(error)
            if judgement is Judgement.STOP:
                raise
            record.put(self._ended(record.entry, error, str(judgement.value)))
            return None, error
        if self._leaving:
            raise ClosedError
        job.observation.prediction = prediction
        self._running += 1
        began = self._limiter.began()
        try:
            files = await self._patiently(partial(self._home, job, prediction), after_payment)
        except SpeedPixException as error:
            judgement = after_payment(error)
            if judgement is Judgement.STOP:
                self._stop(End(error))
                judgement = Judgement.OPEN
            record.put(self._ended(record.entry, error, str(judgement.value)))
            return None, error
        finally:
            self._running -= 1
            self._limiter.ended(began)
            self._gate.changed()
        output = prediction.output or Output()
        record.put(self._succeeded(record.entry, output, files))
        return output, None

    async def _prediction(self, job: _Job) -> Prediction:
        """Return the run of an item, submitted if there is none yet."""
        entry = job.record.entry
        if job.verdict is Verdict.PICK_UP:
            return Prediction(id=entry.prediction_id or "", link=self._context.link)
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

    async def _submitted(self, job: _Job) -> Prediction:
        submission = evolve(self._orders.submission, label=job.looked.label)
        prepared = job.looked.prepared
        assert prepared is not None  # noqa: S101 - else there is trouble, which was told
        if self._end is not None:
            raise ClosedError
        watch = job.observation.watch
        inputs = await self._run(watch(bring(self._context, submission, prepared)))
        async with self._gate.passing():
            context = evolve(self._context, history=job.record)
            try:
                prediction = await _undisturbed(
                    self._run(watch(start(context, submission, inputs)))
                )
            except SpeedPixException as error:
                self._paid += before_payment(error) is Judgement.UNKNOWN
                raise
            self._paid += 1
            return prediction

    async def _home(self, job: _Job, prediction: Prediction) -> list[Path]:
        """Follow a run to its end, and save its files; return where they are."""
        if prediction.output is None:
            how = Wait(LONGEST_POLLING_INTERVAL, self._orders.wait_timeout)
            context = evolve(self._context, history=job.record)
            await self._run(job.observation.watch(follow(context, prediction, how)))
        if self._orders.targets is None or prediction.output is None:
            return []
        saving = saved(
            self._context, prediction.output, job.looked, self._orders.targets, self._save
        )
        return await self._run(job.observation.watch(saving))

    def _succeeded(self, entry: Entry, output: Output, files: Sequence[Path]) -> Entry:
        return evolve(
            entry,
            state=SUCCEEDED,
            made=self._manifest.call,
            output=output_text(output),
            saved=None if self._orders.targets is None else json.dumps(list(map(str, files))),
            seconds=entry.seconds or self._seconds_since(entry.submitted_at),
            error=None,
        )

    def _ended(self, entry: Entry, error: SpeedPixException, state: str) -> Entry:
        return evolve(entry, state=state, made=self._manifest.call, error=error_text(error))

    def _seconds_since(self, moment: float | None) -> float | None:
        return None if moment is None else self._context.gateway.clock.time() - moment

    def _run(self, flow: Flow[T]) -> Coroutine[Any, Any, T]:
        return self._context.link.async_run(flow)

    def _deliver(
        self,
        looked: Looked,
        entry: Entry,
        output: Output | None = None,
        error: SpeedPixException | None = None,
    ) -> None:
        earlier = entry.made != self._manifest.call
        status = SKIPPED if entry.state == SUCCEEDED and earlier else entry.state
        kept = partial(output_from, entry.output, self._context.link, entry.prediction_id)
        result = Result(
            index=looked.item.position,
            key=looked.key,
            status=status,
            input=looked.item.given,
            prediction_id=entry.prediction_id,
            output=output or kept,
            error=error or error_from(entry.error),
            saved=tuple(map(Path, json.loads(entry.saved))) if entry.saved else (),
            seconds=entry.seconds,
        )
        self._statuses[status] += 1
        self._results.append(result)
        self._flush_soon()

    def _count_failures(self, state: str, error: SpeedPixException | None) -> None:
        if error is None:
            self._failures = 0
            return
        if state == OPEN and isinstance(error, PredictionTimeoutError):
            return  # the caller's own choice
        self._failures += 1
        if self._orders.stop_after is not None and self._failures >= self._orders.stop_after:
            message = (
                f"{self._failures} items failed in a row, so no more were submitted; "
                f"the last: {error.message}"
            )
            stopped = BatchStoppedError(message)
            stopped.__cause__ = error
            self._stop(End(stopped))

    def _may_submit(self) -> bool:
        if not self._limiter.has_room(self._gate.within):
            if not self._running:  # it is other batches' runs that leave no room
                self._loop.call_later(BACKOFF_BASE, self._gate.changed)
            return False
        most = self._orders.max_runs
        if most is None or self._paid + self._gate.within < most:
            return True
        if self._paid >= most:
            self._loop.call_soon(self._stop, End(stopped=f"max_runs={most} was reached"))
        return False

    def _stop(self, end: End) -> None:
        """Submit nothing more; the first reason is told, an error before any other."""
        if self._end is None or (self._end.error is None and end.error is not None):
            self._end = end
        self._gate.close()
        self._put(None)

    def _leave(self) -> None:
        self._leaving = True
        self._stop(End(stopped="the iteration was left"))
        for task in self._tasks:
            task.cancel()

    def _put(self, items: Sequence[Item] | None) -> None:
        self._inbox.append(items)
        if self._woken is not None and not self._woken.done():
            self._woken.set_result(None)

    async def _next(self) -> Sequence[Item] | None:
        while not self._inbox:
            self._woken = self._loop.create_future()
            await self._woken
        return self._inbox.popleft()

    def _flush_soon(self) -> None:
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self._flush)

    def _flush(self) -> None:
        """Write what is known, then hand out results: none is told that might be forgotten."""
        self._flushing = False
        try:
            self._manifest.commit()
        except ManifestError as error:
            self._stop(End(error))
        if self._results:
            results, self._results = self._results, []
            self._emit(results)


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


def _looks(
    context: Context, items: Sequence[Item], common: str, manifest: Manifest
) -> Flow[list[Looked]]:
    local_files = context.gateway.settings.local_files
    found: list[Looked] = yield Work(
        lambda: [look(item, common, local_files, manifest.sha256) for item in items]
    )
    return found
