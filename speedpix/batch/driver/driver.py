"""The one driver of a batch: it alone submits and polls, and alone writes the manifest."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Callable, Sequence

from ...exceptions import (
    BatchStoppedError,
    InputError,
    PredictionTimeoutError,
    SpeedPixException,
)
from ...flow.effects import Flow, Work
from ...observing import RUN, Observation
from ...predictions.context import Context
from ..counts import Counts
from ..items import Item, Looked, identity, look, while_quick
from ..manifest.entry import FAILED, OPEN, Entry, error_text
from ..manifest.manifest import Manifest
from ..options import Orders
from ..result import End
from .decisions import Verdict, decide, same_key
from .gate import ClosedError
from .outbox import Emit, Outbox
from .record import ItemRecord
from .runs import Job, Runs

# Inputs, and seconds, that a thread looks at before the first of them goes on: to begin it, and to
# write what is known of them, takes as long as some inputs; large photos must not hold up others.
_LOOKED_AT_ONCE, _LOOKED_FOR = 256, 0.05


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
        self._context = context
        self._orders = orders
        self._manifest = manifest
        self._loop = loop
        self._emit = emit
        self._common = identity(orders.submission)
        self._runs = Runs(context, orders, self._stop)
        self._outbox = Outbox(manifest, context.link, loop, emit, self._stop)
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._inbox: deque[Sequence[Item] | None] = deque()
        self._woken: asyncio.Future[None] | None = None
        self._stems: dict[str, int] = {}
        self._drawn = self._failures = 0
        self._end: End | None = None

    @property
    def counts(self) -> Counts:
        """Return how many items came to what so far."""
        return Counts(
            drawn=self._drawn,
            running=self._runs.running,
            submitted=self._runs.submitted,
            **self._outbox.statuses,
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
            self._outbox.flush()
            self._emit(self._end or End())

    async def _take(self, items: Sequence[Item]) -> None:
        self._drawn += len(items)
        rest = items
        while rest:
            flow = _looks(self._context, rest[:_LOOKED_AT_ONCE], self._common, self._manifest)
            found = await self._context.link.async_run(flow)
            rest = rest[len(found) :]
            self._manifest.expect([looked.key for looked in found])
            for looked in found:
                for state, sha256 in looked.digested.items():
                    self._manifest.remember(state, sha256)
                if self._end is None:
                    self._place(looked)
            self._outbox.flush_soon()

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
        call, orders = self._manifest.call, self._orders
        verdict = decide(before, looked, call, orders.retry, saves=orders.targets is not None)
        if verdict is Verdict.RUN:
            record = ItemRecord(self._manifest, self._fresh(looked, OPEN), before)
            self._begin(looked, record, verdict)
        elif verdict is Verdict.FAIL and looked.trouble is not None:
            entry = self._fresh(looked, FAILED)._replace(error=error_text(looked.trouble))
            self._manifest.put(entry)
            self._outbox.put(looked.item, entry, error=looked.trouble)
            self._count_failures(FAILED, looked.trouble)
        elif before is not None and verdict is Verdict.REFUSE_KEY:
            self._refuse_key(looked, before.position)
        elif before is not None:
            self._manifest.meet(before, looked.item.position)
            if verdict is Verdict.PICK_UP:
                entry = before._replace(position=looked.item.position, call=call)
                self._begin(looked, ItemRecord(self._manifest, entry), verdict)
            else:
                self._outbox.put(looked.item, before)

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
        self._refuse(looked, InputError(message))
        return True

    def _begin(self, looked: Looked, record: ItemRecord, verdict: Verdict) -> None:
        workflow_id = self._orders.submission.request.workflow_id
        observation = Observation(RUN, self._context.gateway.clock, workflow_id)
        job = self._jobs[looked.key] = Job(looked, record, verdict, observation)
        task = asyncio.ensure_future(self._work(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _refuse_key(self, looked: Looked, position: int) -> None:
        self._refuse(looked, same_key(looked, position))

    def _refuse(self, looked: Looked, error: InputError) -> None:
        entry = self._fresh(looked, FAILED)._replace(error=error_text(error))
        self._manifest.refuse(entry)
        self._outbox.put(looked.item, entry, error=error)

    def _fresh(self, looked: Looked, state: str) -> Entry:
        call, position = self._manifest.call, looked.item.position
        return Entry(looked.key, looked.digest, state, position, call, call, photo=looked.photo)

    async def _work(self, job: Job) -> None:
        """Take an item to its end; nothing is delivered of one that was not submitted."""
        key = job.looked.key
        try:
            async with self._places:
                with job.observation as observation:
                    output, error = await self._runs.outcome(job)
                    observation.error = error
            del self._jobs[key]
            for item in (job.looked.item, *job.repeats):
                self._outbox.put(item, job.record.entry, output, error)
            self._count_failures(job.record.entry.state, error)
        except (ClosedError, asyncio.CancelledError):
            self._jobs.pop(key, None)
        except Exception as error:  # noqa: BLE001 - it stops the batch, and is raised at its end
            self._jobs.pop(key, None)
            self._stop(End(error))

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

    def _stop(self, end: End) -> None:
        """Submit nothing more; the first reason is told, an error before any other."""
        if self._end is None or (self._end.error is None and end.error is not None):
            self._end = end
        self._runs.close()
        self._put(None)

    def _leave(self) -> None:
        self._runs.leave()
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
        items: list[Item] = []
        while self._inbox:
            some = self._inbox.popleft()
            if some is None:
                if not items:
                    return None
                self._inbox.appendleft(None)
                break
            items.extend(some)
        return items


def _looks(
    context: Context, items: Sequence[Item], common: str, manifest: Manifest
) -> Flow[list[Looked]]:
    """Look at items, at one at least, while that is quick."""
    local_files = context.gateway.settings.local_files
    looks = (look(item, common, local_files, manifest.sha256) for item in items)
    found: list[Looked] = yield Work(lambda: list(while_quick(looks, _LOOKED_FOR)))
    return found
