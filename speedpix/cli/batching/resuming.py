"""The commands that go on with a batch: the same one again, or with what it is to try again."""

from __future__ import annotations

from typing import Iterator, NamedTuple, Sequence

from ...exceptions import InputError, InvalidRequestError

# What is refused so again, until the command or the input is mended: then it is another item.
AS_GIVEN = (InputError, InvalidRequestError)

_RETRY = "--retry"
_PAID_TWICE = "look in the console first, as it may be paid a second time"


class WayOn(NamedTuple):
    """A command that goes on.

    Attributes:
        words: what is typed.
        caution: what to do before, if there is anything.
    """

    words: Sequence[str]
    caution: str = ""


def ways_on(
    words: Sequence[str], *, left: bool = False, failed: bool = False, unknown: bool = False
) -> Iterator[WayOn]:
    """Yield the commands that go on; what was not done yet comes before what is tried again.

    Args:
        words: what was typed.
        left: whether the same command has something left to do.
        failed: whether some failed that may succeed another time.
        unknown: whether it is not known of some whether their run was started.
    """
    if left:
        yield WayOn(words)
        return
    once = _without_retry(words)
    if failed:
        yield WayOn([*once, _RETRY, "failed"])
    if unknown:
        yield WayOn([*once, _RETRY, "unknown"], _PAID_TWICE)


def _without_retry(words: Sequence[str]) -> list[str]:
    """Return words but for what is tried again."""
    places = [place for place, word in enumerate(words) if word.partition("=")[0] == _RETRY]
    values = [place + 1 for place in places if words[place] == _RETRY]
    return [word for place, word in enumerate(words) if place not in (*places, *values)]
