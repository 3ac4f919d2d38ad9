"""What a driver is fed: inputs, drawn as there is room for them; and its results, in order."""

from __future__ import annotations

from itertools import islice
from typing import Callable, Iterator, Sequence, Union

from ...constants import DRAWN_AHEAD
from ..items import Item
from ..manifest import FAILED, OPEN, UNKNOWN
from ..result import End, Result
from .driver import Driver

News = Union[Sequence[Result], End]


class Feed:
    """What was drawn and what has come of it, in the caller's own thread or task.

    No more than `ahead` inputs are drawn beyond those whose results the caller has.
    """

    def __init__(
        self, driver: Driver, items: Iterator[Item], ahead: int, *, ordered: bool, raises: bool
    ) -> None:
        self.end: End | None = None
        self._driver = driver
        self._items = items
        self._ahead = ahead
        self._raises = raises
        self._ordered = ordered
        self._under_way = 0
        self._exhausted = False
        self._early: dict[int, Result] = {}
        self._next = 0

    def refill(self, is_idle: Callable[[], bool]) -> None:
        """Draw inputs while there is room, and nothing else to do."""
        while not self._exhausted and self._under_way + DRAWN_AHEAD <= self._ahead:
            some = list(islice(self._items, DRAWN_AHEAD))
            self._under_way += len(some)
            if some:
                self._driver.feed(some)
            if len(some) < DRAWN_AHEAD:
                self._exhausted = True
                self._driver.feed(None)
            if not is_idle():
                return

    def take(self, news: News) -> Iterator[Result]:
        """Return the results that are the caller's next; raise what ended the batch."""
        if isinstance(news, End):
            self.end = news
            for index in sorted(self._early):  # those before them were not submitted
                yield self._checked(self._early[index])
            if news.error is not None:
                raise news.error
        elif not self._ordered:
            for result in news:
                self._under_way -= 1
                yield self._checked(result)
        else:
            self._early.update((result.index, result) for result in news)
            while self._next in self._early:
                result = self._early.pop(self._next)
                self._next += 1
                self._under_way -= 1
                yield self._checked(result)

    def _checked(self, result: Result) -> Result:
        if self._raises and result.status in (FAILED, UNKNOWN, OPEN) and result.error is not None:
            raise result.error
        return result
