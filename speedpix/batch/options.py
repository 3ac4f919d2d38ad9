"""What a batch is to do: its options, checked."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Callable, Collection

from attrs import frozen

from ..constants import DEFAULT_CONCURRENCY
from ..exceptions import InputError
from ..inputs.arguments import check_listener, check_switch, checked_timeout
from ..predictions.options import CreateOptions, Submission, submission
from ..values.names import expanded
from .counts import Counts
from .delivery.saving import Targets, targets_of
from .manifest.entry import FAILED, UNKNOWN
from .map_options import MAP_DEFAULTS, KeyOption, MapOptions, RetryOption

_RETRIED = (FAILED, UNKNOWN)
_OWN_NAMES = frozenset(MapOptions.__annotations__).difference(CreateOptions.__annotations__)


@frozen
class Orders:
    """What a batch is to do, its options checked."""

    submission: Submission
    key: KeyOption = None
    targets: Targets | None = None
    manifest: Path | None = None
    concurrency: int = DEFAULT_CONCURRENCY
    ordered: bool = False
    raises: bool = False
    retry: Collection[str] = ()
    max_runs: int | None = None
    stop_after: int | None = None
    wait_timeout: float = math.inf
    on_progress: Callable[[Counts], object] | None = None
    executor: Executor | None = None


def orders_of(workflow_id: str, options: MapOptions) -> Orders:
    """Return what a batch is to do.

    Raises:
        InputError: an option is wrong.
        TypeError: an option has a name that is not one.
    """
    create = {name: value for name, value in options.items() if name not in _OWN_NAMES}
    given: dict[str, Any] = {**dict.fromkeys(_OWN_NAMES), **MAP_DEFAULTS, **options}
    check_listener(given["on_progress"], blocking=False)
    check_switch("ordered", given["ordered"])
    return Orders(
        submission=submission(workflow_id, {}, create, MapOptions.__annotations__),
        key=_checked_key(given["key"]),
        targets=None if given["save_to"] is None else targets_of(given["save_to"]),
        manifest=None if given["manifest"] is None else Path(expanded(given["manifest"])),
        concurrency=_count("concurrency", given["concurrency"]),
        ordered=bool(given["ordered"]),
        raises=_raises(given["on_error"]),
        retry=_retried(given["retry"]),
        max_runs=_limit("max_runs", given["max_runs"], least=0),
        stop_after=_limit("stop_after", given["stop_after"]),
        wait_timeout=checked_timeout(given["wait_timeout"]),
        on_progress=given["on_progress"],
        executor=_checked_executor(given["executor"]),
    )


def _count(name: str, value: object, least: int = 1) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        message = f"{name} must be a whole number, {least} or more, not {value!r}"
        raise InputError(message)
    return value


def _limit(name: str, value: object, least: int = 1) -> int | None:
    return None if value is None else _count(name, value, least)


def _retried(retry: RetryOption) -> frozenset[str]:
    if retry == "all":
        return frozenset(_RETRIED)
    named = frozenset((retry,) if isinstance(retry, str) else retry)
    if not named <= frozenset(_RETRIED):
        message = f'retry must be of "failed", "unknown"; or "all"; not {retry!r}'
        raise InputError(message)
    return named


def _raises(on_error: object) -> bool:
    if on_error not in ("collect", "raise"):
        message = f'on_error must be "collect" or "raise", not {on_error!r}'
        raise InputError(message)
    return on_error == "raise"


def _checked_key(key: KeyOption) -> KeyOption:
    if key is not None and not (isinstance(key, str) or callable(key)):
        message = f"key must be the name of a field, or a function of an input, not {key!r}"
        raise InputError(message)
    return key


def _checked_executor(value: Executor | None) -> Executor | None:
    if value is not None and not callable(getattr(value, "submit", None)):
        message = f"executor must be a concurrent.futures.Executor, not {value!r}"
        raise InputError(message)
    return value
