"""Results on their way to the caller: handed out when what they tell is written."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any, Callable

from ...exceptions import ManifestError, SpeedPixException
from ...values.link import Link
from ...values.output import Output
from ..items import Item
from ..manifest.entry import Entry
from ..manifest.manifest import Manifest
from ..result import End, Result, error_from, output_from, status_in

Emit = Callable[[Any], None]  # takes lists of results, and at last an End


class Outbox:
    """The results of one batch; used in the driver's loop only."""

    def __init__(
        self,
        manifest: Manifest,
        link: Link,
        loop: asyncio.AbstractEventLoop,
        emit: Emit,
        stop: Callable[[End], None],
    ) -> None:
        self.statuses: Counter[str] = Counter()
        self._manifest = manifest
        self._link = link
        self._loop = loop
        self._emit = emit
        self._stop = stop
        self._results: list[Result] = []
        self._flushing = False

    def put(
        self,
        item: Item,
        entry: Entry,
        output: Output | None = None,
        error: SpeedPixException | None = None,
    ) -> None:
        """Hand out what came of an item, with what is known of it, soon."""
        status = status_in(self._manifest.call, entry)
        kept = partial(output_from, entry.output, self._link, entry.prediction_id)
        result = Result(
            index=item.position,
            key=entry.key,
            status=status,
            input=item.given,
            prediction_id=entry.prediction_id,
            output=output or kept,
            error=error or error_from(entry.error),
            saved=tuple(map(Path, json.loads(entry.saved))) if entry.saved else (),
            seconds=entry.seconds,
        )
        self.statuses[status] += 1
        self._results.append(result)
        self.flush_soon()

    def flush_soon(self) -> None:
        """Write and hand out what there is, when the loop has done what it is about to do."""
        if not self._flushing:
            self._flushing = True
            self._loop.call_soon(self.flush)

    def flush(self) -> None:
        """Write what is known, then hand out results; those are paid, and told in any case."""
        self._flushing = False
        try:
            self._manifest.commit()
        except ManifestError as error:
            self._stop(End(error))
        if self._results:
            results, self._results = self._results, []
            self._emit(results)
