"""What the emulator saw: requests, counts and connections, for tests to look at."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Mapping

from attrs import define, field

from ..limits import KEPT_REQUESTS


@define
class RecordedRequest:
    """One request. `status` is None when it got no answer; sizes in bytes; no query is kept."""

    operation: str
    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    fault: str | None = None
    status: int | None = None
    body_size: int = 0


class Recorder:
    """The latest requests, and counts of all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[RecordedRequest] = deque(maxlen=KEPT_REQUESTS)
        self._counts: Counter[str] = Counter()
        self._connections = 0

    def begin(self, request: RecordedRequest) -> None:
        """Record a request that has just arrived."""
        with self._lock:
            self._requests.append(request)
            self._counts[request.operation] += 1

    def connected(self) -> None:
        with self._lock:
            self._connections += 1

    @property
    def requests(self) -> list[RecordedRequest]:
        """Return the latest requests, oldest first."""
        with self._lock:
            return list(self._requests)

    @property
    def connections(self) -> int:
        with self._lock:
            return self._connections

    def count(self, operation: str) -> int:
        with self._lock:
            return self._counts[operation]
