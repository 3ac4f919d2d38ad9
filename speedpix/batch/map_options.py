"""The options of `client.map`, by name and type; `Client.map` describes them."""

from __future__ import annotations

import os
import sys
from concurrent.futures import Executor
from typing import Any, Callable, Iterable, Literal, Mapping, Union

from ..constants import DEFAULT_CONCURRENCY, DEFAULT_STOP_AFTER
from ..predictions.options import CreateOptions
from .counts import Counts

if sys.version_info >= (3, 11):
    from typing import TypedDict
else:
    from typing_extensions import TypedDict

KeyOption = Union[str, Callable[[Mapping[str, Any]], object], None]
RetryOption = Union[str, Iterable[str]]


class _BatchOptions(TypedDict, total=False):
    key: KeyOption
    save_to: str | os.PathLike[str] | None
    manifest: str | os.PathLike[str] | None
    concurrency: int
    ordered: bool
    on_error: Literal["collect", "raise"]
    retry: RetryOption
    max_runs: int | None
    stop_after: int | None
    wait_timeout: float | None
    on_progress: Callable[[Counts], object] | None
    executor: Executor | None


class MapOptions(_BatchOptions, CreateOptions, total=False):
    """The options of a batch, for `**options` of one's own functions."""


# What an option that is not given comes to, where it is not None.
MAP_DEFAULTS = {
    "concurrency": DEFAULT_CONCURRENCY,
    "ordered": False,
    "on_error": "collect",
    "retry": (),
    "stop_after": DEFAULT_STOP_AFTER,
    "file_encoding_strategy": "url",
}
