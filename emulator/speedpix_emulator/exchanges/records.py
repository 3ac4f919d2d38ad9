"""What the emulator saw: requests, counts and connections, for tests to look at."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import Mapping

from attrs import define, field

from ..limits import KEPT_BODY_BYTES, KEPT_EXCHANGES, KEPT_REQUESTS


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


@define(eq=False)
class Exchanged:
    """One request and its answer, the beginnings of their bodies. `at` in epoch seconds.

    `reason` is what the emulator knows of a refusal beyond what it answers.
    """

    request: RecordedRequest
    at: float
    ended: bool = False
    sent: bytes = field(default=b"", repr=False)
    answered: bytes = field(default=b"", repr=False)
    answer_headers: Mapping[str, str] = field(factory=dict, repr=False)
    reason: str = ""


def kept(body: bytes, piece: bytes) -> bytes:
    """Return what is kept of a body when a further piece of it has come."""
    return body + piece[: KEPT_BODY_BYTES - len(body)] if len(body) < KEPT_BODY_BYTES else body


class Recorder:
    """The latest requests, and counts of all; of the very latest, what was said as well."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[RecordedRequest] = deque(maxlen=KEPT_REQUESTS)
        self._exchanges: deque[Exchanged] = deque(maxlen=KEPT_EXCHANGES)
        self._counts: Counter[str] = Counter()
        self._connections = 0

    def begin(self, exchanged: Exchanged) -> None:
        """Record a request that has just arrived."""
        with self._lock:
            self._requests.append(exchanged.request)
            self._exchanges.append(exchanged)
            self._counts[exchanged.request.operation] += 1

    def connected(self) -> None:
        with self._lock:
            self._connections += 1

    @property
    def requests(self) -> list[RecordedRequest]:
        """Return the latest requests, oldest first."""
        with self._lock:
            return list(self._requests)

    @property
    def exchanges(self) -> list[Exchanged]:
        """Return the very latest exchanges, oldest first."""
        with self._lock:
            return list(self._exchanges)

    @property
    def connections(self) -> int:
        with self._lock:
            return self._connections

    def count(self, operation: str) -> int:
        with self._lock:
            return self._counts[operation]
