"""What a batch is to do: its options, checked."""

from __future__ import annotations

import math
import os
from concurrent.futures import Executor
from typing import Any, Collection, Iterable, Mapping, Union

from attrs import frozen

from ..exceptions import InputError
from ..inputs.arguments import checked_timeout
from ..predictions.options import Submission, submission
from .delivery.saving import Targets, targets_of
from .manifest import FAILED, UNKNOWN

_RETRIED = (FAILED, UNKNOWN)

RetryOption = Union[str, Iterable[str]]


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


def orders_of(
    workflow_id: str,
    create_options: Mapping[str, Any],
    *,
    save_to: str | os.PathLike[str] | None,
    concurrency: int,
    retry: RetryOption,
    max_runs: int | None,
    stop_after: int | None,
    wait_timeout: float | None,
    executor: Executor | None,
) -> Orders:
    """Return what a batch is to do.

    Raises:
        InputError: an option is wrong.
        TypeError: an option has a name that is not one.
    """
    return Orders(
        submission=submission(workflow_id, {}, create_options),
        targets=None if save_to is None else targets_of(save_to),
        concurrency=_count("concurrency", concurrency) or 1,
        retry=_retried(retry),
        max_runs=None if max_runs is None else _count("max_runs", max_runs, least=0),
        stop_after=None if stop_after is None else _count("stop_after", stop_after),
        wait_timeout=checked_timeout(wait_timeout),
        executor=_checked_executor(executor),
    )


def _count(name: str, value: object, least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        message = f"{name} must be a whole number, {least} or more, not {value!r}"
        raise InputError(message)
    return value


def _retried(retry: RetryOption) -> frozenset[str]:
    if retry == "all":
        return frozenset(_RETRIED)
    named = frozenset((retry,) if isinstance(retry, str) else retry)
    if not named <= frozenset(_RETRIED):
        message = f'retry must be of "failed", "unknown"; or "all"; not {retry!r}'
        raise InputError(message)
    return named


def checked_on_error(value: object) -> bool:
    """Tell whether an item's error is raised, or raise InputError."""
    if value not in ("collect", "raise"):
        message = f'on_error must be "collect" or "raise", not {value!r}'
        raise InputError(message)
    return value == "raise"


def _checked_executor(value: Executor | None) -> Executor | None:
    if value is not None and not callable(getattr(value, "submit", None)):
        message = f"executor must be a concurrent.futures.Executor, not {value!r}"
        raise InputError(message)
    return value
