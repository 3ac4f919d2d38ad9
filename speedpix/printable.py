"""Texts of others made fit for terminals and logs: no character in them is a command."""

from __future__ import annotations

import re
import unicodedata

from .constants import QUOTED_LENGTH

# C0, DEL and C1, which move cursors, set titles and end lines; marks that turn the direction of
# what follows; separators that end lines; halves of characters, which no encoding has.
_COMMANDS = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return a text of one line that shows as what it is: what would act is escaped."""
    return _COMMANDS.sub(_escaped, text)


def quoted(text: str) -> str:
    """Return what the service says, printable, and no longer than anyone reads."""
    more = len(text) - QUOTED_LENGTH
    if more > 0:
        text = f"{text[:QUOTED_LENGTH]}… ({more} characters more)"
    return printable(text)


def encodable(text: str) -> str:
    """Return a text with its halves of characters escaped, which no encoding of Unicode has."""
    return text.encode("utf-8", "backslashreplace").decode()


def columns_of(text: str) -> int:
    """Return how many columns of a terminal a text takes; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def cut(text: str, columns: int) -> str:
    """Return as much of a text as has room in some columns."""
    for index, each in enumerate(text):
        columns -= columns_of(each)
        if columns < 0:
            return text[:index]
    return text


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()
