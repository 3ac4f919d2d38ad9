"""Tell how far a run is."""

from __future__ import annotations

from typing import Callable

from attrs import frozen
from speedpix_api.models.progress_data import ProgressData
from speedpix_api.models.progress_state import ProgressState

from ..gateway.endpoints import number, text


@frozen
class Progress:
    """Hold what the service last said of a run; None where it said nothing.

    Attributes:
        status: `waiting`, `running`, `succeeded`, `failed`, or what else the service says.
        fraction: the part done, 0 to 1.
        queue_length: runs ahead in the queue, while waiting.
        seconds_left: the service's estimate, while running.
        node: the workflow's node at work.
        step: the node's step at work.
        steps: the node's steps in all.
        message: what the service adds in words.
    """

    status: str | None = None
    fraction: float | None = None
    queue_length: int | None = None
    seconds_left: float | None = None
    node: str | None = None
    step: int | None = None
    steps: int | None = None
    message: str | None = None


Listener = Callable[[Progress], object]  # may be a coroutine function where it can be awaited


def progress_of(data: ProgressData) -> Progress:
    """Return the progress in an answer, with every value of the wrong type left out."""
    state = data.state if isinstance(data.state, ProgressState) else ProgressState()
    waiting = data.status == "waiting"
    fraction, left = number(data.progress), number(data.eta_relative)
    return Progress(
        status=status_of(data.status),
        fraction=None if fraction is None else min(1.0, max(0.0, fraction)),
        queue_length=_count(data.last_queue_remaining),
        seconds_left=None if waiting or left is None else max(0.0, left),
        node=text(state.node_label),
        step=_count(state.step),
        steps=_count(state.max_steps),
        message=text(data.message),
    )


def status_of(value: object) -> str | None:
    """Return a status of the wire; the reference spells success in two ways."""
    return "succeeded" if value == "successed" else text(value)


def _count(value: object) -> int | None:
    found = number(value)
    return None if found is None else int(found)
