"""What a batch is to do, and why it ended: plain data."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import Collection

from attrs import frozen

from ..predictions.options import Submission
from .targets import Targets


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


@frozen
class End:
    """The last that a driver emits: whether, and why, the batch ended early."""

    error: BaseException | None = None
    stopped: str | None = None
