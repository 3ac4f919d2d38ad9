"""An emulator whose workflows all run by one script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping, Sequence

from attrs import define, evolve, field
from speedpix_emulator import Emulator, Failure
from speedpix_emulator.runs.claims import check_eta, check_progress

if TYPE_CHECKING:
    from speedpix_emulator.runs.claims import Eta
    from speedpix_emulator.runs.script import Duration
    from speedpix_emulator.runs.workflows import Workflow


@define(eq=False, slots=False, repr=False)
class ScriptedEmulator(Emulator):
    """An emulator that changes the script of every workflow that is published."""

    changes: Mapping[str, object] = field(factory=dict, kw_only=True)

    def publish(self, workflow: Workflow, alias: str | Sequence[str] = ()) -> None:
        """Publish a version of a workflow, with its script changed, and point aliases to it."""
        script = evolve(workflow.script, **self.changes)  # type: ignore[arg-type]
        super().publish(evolve(workflow, script=script), alias)


def script_changes(
    *,
    duration: Duration | None,
    queue: Sequence[tuple[float, int]] | None,
    failure: str | Failure | None,
    eta: Eta,
    progress: str,
) -> dict[str, object]:
    """Return the fields of a script that are given, checked.

    Raises:
        TypeError, ValueError: one makes no sense; says which.
    """
    changes: dict[str, object] = {}
    if duration is not None:
        changes["duration"] = duration if callable(duration) else _seconds("duration", duration)
    if queue is not None:
        changes["queue"] = [_wait(each) for each in queue]
    if failure is not None:
        changes["failure"] = _failure(failure)
    if eta != 1.0:
        check_eta(eta)
        changes["eta"] = eta
    if progress != "linear":
        check_progress(progress)
        changes["progress"] = progress
    return changes


def _wait(pair: object) -> tuple[float, int]:
    if not (isinstance(pair, (tuple, list)) and len(pair) == 2 and isinstance(pair[1], int)):  # noqa: PLR2004
        message = f"queue: each of it is a pair (seconds, runs ahead), not {pair!r}"
        raise TypeError(message)
    return _seconds("queue", pair[0]), pair[1]


def _seconds(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        message = f"{name}: a number of seconds is wanted, not {value!r}"
        raise TypeError(message)
    if not value >= 0:
        message = f"{name}: {value!r} seconds is less than none"
        raise ValueError(message)
    return float(value)


def _failure(value: object) -> Failure:
    if isinstance(value, str):
        return Failure(value)
    if not isinstance(value, Failure):
        message = f"failure: a message or a speedpix_emulator.Failure is wanted, not {value!r}"
        raise TypeError(message)
    return value
