"""Faults as values, and the plan that says which exchange meets which."""

from __future__ import annotations

import random
import threading
from concurrent.futures import Future
from typing import Callable, Mapping, Sequence, Union

from attrs import define, evolve, field, frozen

SUBMIT = "submit"
PROGRESS = "progress"
RESULT = "result"
SIGN = "sign"
PUT = "put"
GET = "get"
OPERATIONS = (SUBMIT, PROGRESS, RESULT, SIGN, PUT, GET)
ANY_OPERATION = "*"


Place = Union[int, float]


@frozen
class Answer:
    """An HTTP answer. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(factory=dict)
    body: bytes = b""


@frozen
class Fault:
    """What goes wrong with one exchange. Times in real seconds.

    A place in a body is a number of bytes, or a float: a fraction of its Content-Length.

    Before the request is handled: `hang_before` waits (until released, or the seconds given);
    `lose_request` drops the connection after this much of the request's body; `answer` is sent
    instead of handling the request; `ignore_headers` are not seen by the handler.

    After it: `hang_after` waits with the answer; `set_headers` replaces headers of the answer;
    `rewrite` changes the whole answer; `cut` ends the body early and says so in Content-Length;
    `corrupt` flips the byte at this place; `lose_answer` drops the connection after this much of
    the body, with 0 before the first byte of the answer; `slow` waits before each piece.
    """

    name: str
    hang_before: float | None = None
    lose_request: Place | None = None
    answer: Answer | None = None
    ignore_headers: Sequence[str] = ()
    hang_after: float | None = None
    set_headers: Mapping[str, str] = field(factory=dict)
    rewrite: Callable[[Answer], Answer] | None = None
    cut: Place | None = None
    corrupt: Place | None = None
    lose_answer: Place | None = None
    slow: float | None = None


@define
class PlannedFault:
    """A fault that the next `times` exchanges meet, after `after` that go well."""

    operation: str
    fault: Fault
    times: int
    after: int

    def matches(self, operation: str) -> bool:
        return self.operation in (operation, ANY_OPERATION)


Catalogue = Mapping[str, Mapping[str, Fault]]


class FaultPlan:
    """The plan of faults: which exchange meets which. Any thread may change it at any time."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._lock = threading.Lock()
        self._planned: list[PlannedFault] = []
        self._random: tuple[float, random.Random, Sequence[str] | None] | None = None
        self._released: Future[None] = Future()

    def add(self, operation: str, fault: Fault | str, times: int = 1, after: int = 0) -> None:
        """Let the operation's next exchanges meet a fault, given as a value or by its name.

        `operation` is submit, progress, result, sign, put, get, or `*` for any. The first `after`
        matching exchanges go well, the next `times` meet the fault. ValueError for unknown names.
        """
        if operation not in (*OPERATIONS, ANY_OPERATION):
            message = f"{operation!r} is not an operation: {', '.join(OPERATIONS)} or *"
            raise ValueError(message)
        if isinstance(fault, str):
            fault = self._named(operation, fault)
        with self._lock:
            self._planned.append(PlannedFault(operation, fault, times, after))

    def random(self, rate: float, seed: int, names: Sequence[str] | None = None) -> None:
        """Let each exchange meet, with probability `rate`, a random fault of its operation.

        The seed makes the sequence of choices repeatable. `names` limits them; a rate of 0 ends it.
        """
        with self._lock:
            self._random = (rate, random.Random(seed), names) if rate else None  # noqa: S311

    def remove(self, operation: str, name: str) -> None:
        """Forget the planned faults of this operation and name."""
        with self._lock:
            self._planned = [
                each
                for each in self._planned
                if (each.operation, each.fault.name) != (operation, name)
            ]

    def clear(self) -> None:
        """Forget all planned faults, and release what hangs."""
        with self._lock:
            self._planned.clear()
            self._random = None
        self.release()

    def release(self) -> None:
        """Let every exchange that hangs go on."""
        with self._lock:
            released, self._released = self._released, Future()
        released.set_result(None)

    @property
    def released(self) -> Future[None]:
        """Return the future that `release` will complete."""
        with self._lock:
            return self._released

    @property
    def pending(self) -> int:
        """Return how many planned faults have not been met yet."""
        with self._lock:
            return sum(planned.times for planned in self._planned)

    @property
    def planned(self) -> list[PlannedFault]:
        """Return the planned faults that were not met yet, as they are now."""
        with self._lock:
            return [evolve(each) for each in self._planned]

    @property
    def rate(self) -> float:
        """Return the probability of a random fault."""
        with self._lock:
            return self._random[0] if self._random else 0.0

    def names(self, operation: str) -> list[str]:
        """Return the faults known by name for an operation."""
        return sorted(self._catalogue[operation])

    def take(self, operation: str) -> Fault | None:
        """Return the fault that this exchange meets; None if it goes well."""
        with self._lock:
            for planned in self._planned:
                if not planned.matches(operation):
                    continue
                if planned.after:
                    planned.after -= 1
                    continue
                planned.times -= 1
                if planned.times <= 0:
                    self._planned.remove(planned)
                return planned.fault
            return self._draw(operation)

    def _named(self, operation: str, name: str) -> Fault:
        operations = OPERATIONS if operation == ANY_OPERATION else (operation,)
        for each in operations:
            if name in self._catalogue[each]:
                return self._catalogue[each][name]
        known = ", ".join(sorted({fault for each in operations for fault in self._catalogue[each]}))
        message = f"{name!r} is not a fault of {operation!r}: {known}"
        raise ValueError(message)

    def _draw(self, operation: str) -> Fault | None:
        if self._random is None or operation not in self._catalogue:
            return None
        rate, generator, names = self._random
        if generator.random() >= rate:
            return None
        choices = self._catalogue[operation]
        named = [name for name in choices if names is None or name in names]
        return choices[generator.choice(named)] if named else None
