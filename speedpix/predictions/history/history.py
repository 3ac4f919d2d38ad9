"""The runs that were submitted, remembered: in memory, or in a file (`history_file`)."""

from __future__ import annotations

import threading
from collections import OrderedDict
from itertools import count
from operator import attrgetter
from typing import Protocol
from weakref import ReferenceType, ref

from attrs import fields

from ...constants import REMEMBERED_PREDICTIONS
from ...forks import PerProcess
from ...gateway.settings import Settings
from ...values.prediction import Prediction, Record
from .history_file import FileHistory

# What is remembered of a run that nobody uses any more: what may be large is not.
_LARGE = ("input", "output", "temp_files", "info", "parameters")
_KEPT = [each.name for each in fields(Prediction) if each.name not in _LARGE]
_kept = attrgetter(*_KEPT)


class History(Protocol):
    """Where submitted runs are remembered."""

    def add(self, prediction: Prediction) -> None:
        """Record a run that is about to be submitted, and has no id yet.

        Raises:
            HistoryError: it can't be recorded; so it must not be submitted.
        """

    def update(self, prediction: Prediction) -> None:
        """Record a run's id and state; a failure to do so is logged, as the run goes on."""

    def remove(self, prediction: Prediction) -> None:
        """Forget a run that certainly was not started."""

    @property
    def blocks(self) -> bool:
        """Return whether the above take time, so that an event loop must not do them."""

    def newest_first(self) -> list[Prediction]:
        """Return the runs on record, without their connection to a client.

        Raises:
            HistoryError: the record can't be read.
        """

    def close(self) -> None:
        """Close a file until it is used again."""


class MemoryHistory:
    """The last runs of one client: themselves while they are in use, else their state.

    Inputs and outputs are not kept for it, as they may be large: `wait` gives the output anew.
    """

    blocks = False

    def __init__(self) -> None:
        self._lock = PerProcess(threading.Lock)
        self._numbers = count()
        self._runs: OrderedDict[int | None, tuple[ReferenceType[Prediction], Prediction]] = (
            OrderedDict()
        )

    def add(self, prediction: Prediction) -> None:
        with self._lock.value:
            prediction.record = Record(next(self._numbers))
            self._runs[prediction.record] = (ref(prediction), _state(prediction))
            if len(self._runs) > REMEMBERED_PREDICTIONS:
                self._runs.popitem(last=False)

    def update(self, prediction: Prediction) -> None:
        with self._lock.value:
            if prediction.record in self._runs:
                self._runs[prediction.record] = (ref(prediction), _state(prediction))

    def remove(self, prediction: Prediction) -> None:
        with self._lock.value:
            self._runs.pop(prediction.record, None)

    def newest_first(self) -> list[Prediction]:
        with self._lock.value:
            return [live() or state for live, state in reversed(self._runs.values())]

    def close(self) -> None:
        """Do nothing: memory needs no closing."""


def _state(prediction: Prediction) -> Prediction:
    return Prediction(**dict(zip(_KEPT, _kept(prediction))))


def history_of(settings: Settings) -> History:
    """Return the history that a client's settings ask for."""
    if settings.history is None:
        return MemoryHistory()
    return FileHistory(
        settings.history, settings.endpoint, settings.app_key, settings.history_keeps_input
    )
