"""Many runs as one object: `for result in client.map(…)`."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from contextlib import closing, contextmanager, nullcontext
from inspect import isawaitable
from pathlib import Path
from queue import SimpleQueue
from typing import Any, AsyncGenerator, Callable, Generator, Iterable, Iterator, Mapping

from attrs import evolve

from ..constants import DRAWN_AHEAD, PLAN_FAILURES
from ..exceptions import InputError, add_note
from ..files.save import probe
from ..predictions.context import Context
from .counts import Counts
from .driver.decisions import Verdict, decide, same_key
from .driver.driver import Driver
from .driver.feed import Feed, News
from .items import Item, check_inputs, identity, item_of, look
from .manifest.entry import FAILED
from .manifest.manifest import Manifest, open_manifest, read_manifest
from .options import Orders
from .reports.report import write_report
from .result import Plan, Result, error_from
from .signals import cancelled_by_sigterm, raised_by_sigterm


class Batch:
    """Many runs of one workflow, for `for` and for `async for`: see `Client.map`.

    It can be iterated once: another `map` with the same manifest goes on where this one ended.

    Attributes:
        stopped: why it ended before the inputs did; None if it did not.
    """

    def __init__(
        self,
        context: Context,
        orders: Orders,
        inputs: Iterable[Mapping[str, Any]],
    ) -> None:
        check_inputs(inputs)
        self.stopped: str | None = None
        self._context = context
        self._orders = orders
        self._inputs = inputs
        self._manifest: Manifest | None = None
        self._driver: Driver | None = None
        self._counts = Counts()
        self._drawn = self._asked_to_stop = False

    @property
    def counts(self) -> Counts:
        """Return how many items came to what so far."""
        driver = self._driver  # another thread may end the iteration meanwhile
        return self._counts if driver is None else driver.counts

    def stop(self) -> None:
        """Submit nothing more; the iteration ends when the runs under way are brought home.

        It may be called from any thread, and before the iteration.
        """
        self._asked_to_stop = True
        driver = self._driver
        if driver is not None:
            driver.stop("stop() was called")

    def plan(self) -> Plan:
        """Return what the batch would do; nothing is asked of the service.

        Local files are read. All inputs are drawn, which an iterator gives only once.

        Raises:
            BatchInUseError: another process drives the same manifest.
        """
        manifest = read_manifest(self._orders.manifest)
        with nullcontext() if manifest is None else closing(manifest):
            return self._planned(manifest)

    def _planned(self, manifest: Manifest | None) -> Plan:
        orders, found, uploads = self._orders, Plan(), set()
        common = identity(orders.submission)
        local_files = self._context.gateway.settings.local_files
        known = (lambda _state: None) if manifest is None else manifest.sha256
        met: dict[str, tuple[bytes, int]] = {}  # the digest and the position of each key
        for item in self._items():
            looked = look(item, common, local_files, known)
            mine = (looked.digest, item.position)
            first = met.setdefault(looked.key, mine)
            if first is not mine and first[0] == looked.digest:
                continue
            before = manifest.get(looked.key) if manifest is not None and first is mine else None
            verdict = decide(before, looked, 0, orders.retry, saves=orders.targets is not None)
            refused = None if first is mine else same_key(looked, first[1])
            if refused is not None:
                verdict = Verdict.REFUSE_KEY
            name = {
                Verdict.SKIP: "done",
                Verdict.RUN: "to_run",
                Verdict.PICK_UP: "to_fetch",
                Verdict.REPORT: "failed" if before and before.state == FAILED else "unknown",
            }.get(verdict, "failed")
            found = evolve(found, **{name: getattr(found, name) + 1})
            if name == "failed" and len(found.failures) < PLAN_FAILURES:
                run = before and before.prediction_id
                error = refused or looked.trouble or error_from(before and before.error)
                failure = Result(item.position, looked.key, name, item.given, run, error=error)
                found = evolve(found, failures=(*found.failures, failure))
            if verdict is Verdict.RUN and looked.prepared is not None:
                for _, source in looked.prepared.files:
                    digest = looked.digests[id(source)]
                    if digest not in uploads:
                        uploads.add(digest)
                        found = evolve(found, bytes=found.bytes + (source.size or 0))
        return evolve(found, to_upload=len(uploads))

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write a line for each input of the last call, and return where.

        A line has index, key, status, prediction_id, error, saved, seconds and file: the path of
        the input's first local file.

        Args:
            path: a file that ends in `.jsonl` or `.csv` (for Excel, too), or in `.html`: a page
                to look at.

        Raises:
            InputError: it ends in something else.
            DownloadError: it can't be written.
        """
        manifest = self._manifest
        if manifest is not None:
            return write_report(Path(path), manifest)
        manifest = read_manifest(self._orders.manifest)
        if manifest is None:
            message = "there is nothing to report yet: nothing was run"
            raise InputError(message)
        with closing(manifest):
            return write_report(Path(path), manifest)

    def __iter__(self) -> Generator[Result, None, None]:
        channel: SimpleQueue[News] = SimpleQueue()
        with raised_by_sigterm(), closing(asyncio.new_event_loop()) as loop, self._begun(
            loop, channel.put
        ) as (driver, feed):
            thread = threading.Thread(
                target=_drive, args=(loop, driver), name="speedpix-batch", daemon=True
            )
            thread.start()
            try:
                while feed.end is None:
                    while feed.refill() and channel.empty():
                        pass
                    for result in feed.take(channel.get()):
                        self._tell(driver)
                        yield result
            finally:
                driver.leave()
                thread.join()

    async def __aiter__(self) -> AsyncGenerator[Result, None]:
        loop = asyncio.get_running_loop()
        channel: asyncio.Queue[News] = asyncio.Queue()
        with cancelled_by_sigterm(), self._begun(loop, channel.put_nowait) as (driver, feed):
            task = asyncio.ensure_future(driver.run())
            try:
                while feed.end is None:
                    while feed.refill() and channel.empty():
                        await asyncio.sleep(0)
                    for result in feed.take(await channel.get()):
                        told = self._tell(driver)
                        if isawaitable(told):
                            await told
                        yield result
            finally:
                driver.leave()
                await asyncio.gather(task, return_exceptions=True)

    def _tell(self, driver: Driver) -> object:
        on_progress = self._orders.on_progress
        return None if on_progress is None else on_progress(driver.counts)

    @contextmanager
    def _begun(
        self, loop: asyncio.AbstractEventLoop, emit: Callable[[News], None]
    ) -> Iterator[tuple[Driver, Feed]]:
        """Open what the batch needs, and close it at its end."""
        items = self._items()
        if self._orders.targets is not None:
            probe(self._orders.targets.folder)  # before anything is paid
        self._manifest = manifest = open_manifest(self._orders.manifest)
        driver = Driver(self._context, self._orders, manifest, loop, emit)
        ahead = self._orders.concurrency + DRAWN_AHEAD
        feed = Feed(driver, items, ahead, ordered=self._orders.ordered, raises=self._orders.raises)
        self._driver = driver
        if self._asked_to_stop:
            self.stop()
        self._drawn = True  # a list could be drawn again, and would be paid again
        try:
            yield driver, feed
        except KeyboardInterrupt as interrupt:
            add_note(interrupt, _how_to_go_on(self._orders.manifest))
            raise
        finally:
            self._counts, self._driver = driver.counts, None
            self.stopped = feed.end.stopped if feed.end is not None else "it was left"
            if self._orders.manifest is not None:  # one in memory is kept for a report
                self._manifest = None
                manifest.close()

    def _items(self) -> Iterator[Item]:
        """Return the inputs as items; they can be drawn once, or as often as they can be."""
        if self._drawn:
            message = (
                "the batch was iterated over already, or planned from an iterator, which gives its "
                "inputs once: call map again, with a list"
            )
            raise RuntimeError(message)
        iterator = iter(self._inputs)
        self._drawn = iterator is self._inputs
        key = self._orders.key
        return (item_of(position, given, key) for position, given in enumerate(iterator))


def _how_to_go_on(manifest: Path | None) -> str:
    if manifest is None:
        return "the batch was left; with a manifest=…, another call of map would go on"
    return (
        f"the batch was left; map with manifest={str(manifest)!r} goes on, and pays nothing twice"
    )


def _drive(loop: asyncio.AbstractEventLoop, driver: Driver) -> None:
    """Run a driver in a thread and an event loop of its own."""
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(driver.run())
        loop.run_until_complete(loop.shutdown_asyncgens())
        if sys.version_info >= (3, 9):
            loop.run_until_complete(loop.shutdown_default_executor())
    finally:
        asyncio.set_event_loop(None)
