"""How far a batch is, as a line for people; and how it ended, as an exit code."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Sequence

from ..exit_codes import ExitCode
from ..output.language import translated

if TYPE_CHECKING:
    from ... import Counts, Plan

_MINUTE, _HOUR = 60, 3600


def progress_line(counts: Counts, total: int, seconds: float) -> str:
    """Return how far a batch is that has gone on for so many seconds."""
    parts = [f"{counts.succeeded + counts.skipped:,}/{total:,} done", *_troubles(counts)]
    if counts.running:
        parts.append(f"{counts.running:,} running")
    rate = counts.succeeded / seconds if seconds > 0 else 0.0
    if rate:
        parts.append(f"{rate:.1f}/s" if rate >= 1 else f"{rate * _MINUTE:.1f}/min")
        if counts.ended < total:
            parts.append(f"{duration((total - counts.ended) / rate)} left")
    return _line(parts)


def end_line(counts: Counts, total: int) -> str:
    """Return what came of a batch."""
    parts = [f"{counts.succeeded + counts.skipped:,}/{total:,} done"]
    if counts.skipped:
        parts[0] += f" ({counts.skipped:,} of them before)"
    return _line([*parts, *_troubles(counts), f"{counts.submitted:,} submitted"])


def plan_line(plan: Plan) -> str:
    """Return what a batch would do."""
    parts = [
        f"{plan.done:,} done",
        f"{plan.to_run:,} to run and pay",
        f"{plan.to_fetch:,} to bring home",
        f"{plan.failed:,} failed",
        f"{plan.unknown:,} unknown",
        f"{plan.to_upload:,} files to upload, {plan.bytes:,} bytes",
    ]
    return _line(parts)


def exit_code_for(counts: Counts, stopped: str | None) -> ExitCode:
    """Return the exit code of a batch: what calls for another call first."""
    if stopped or counts.open:
        return ExitCode.NOT_ENDED
    if counts.unknown:
        return ExitCode.OUTCOME_UNKNOWN
    return ExitCode.RUN_FAILED if counts.failed else ExitCode.SUCCESS


def duration(seconds: float) -> str:
    """Return a duration, as exactly as one cares."""
    if seconds < _MINUTE:
        return f"{math.ceil(seconds)} s"
    if seconds < _HOUR:
        return f"{math.ceil(seconds / _MINUTE)} min"
    hours, left = divmod(math.ceil(seconds / _MINUTE), _MINUTE)
    return f"{hours:,} h {left} min"


def _line(parts: Sequence[str]) -> str:
    return " · ".join(map(translated, parts))


def _troubles(counts: Counts) -> list[str]:
    named = {"failed": counts.failed, "unknown": counts.unknown, "open": counts.open}
    return [f"{count:,} {name}" for name, count in named.items() if count]
