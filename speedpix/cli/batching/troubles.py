"""Why an item has no output, for people: the item is called as the command line calls it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ...printable import printable
from ..failures import told
from ..output.language import joined, translated
from .rows import Rows

if TYPE_CHECKING:
    from ... import Result

# Where the SDK's own messages name inputs by their index.
_INDICES = re.compile(r"^inputs? \d+( and \d+)?|(?<=^its files would replace those of )input \d+")
_INDEX = re.compile(r"(?:inputs? )?(\d+)")


def trouble(result: Result, rows: Rows) -> str:
    """Return which item it is, by its key or else its place, how it ended, and why."""
    place = rows.place(result.index)
    key = getattr(result.input, "key", None)
    name = translated(place) if key in (None, "") else printable(str(key))
    parts = [translated(result.status), name]
    if result.error is not None:
        message = _INDICES.sub(lambda found: _placed(found[0], rows), result.error.message)
        itself = f"{place}: "
        parts.append(told(result.error, message[message.startswith(itself) and len(itself) :]))
    return joined(parts, ":")


def _placed(indices: str, rows: Rows) -> str:
    return _INDEX.sub(lambda found: rows.place(int(found[1])), indices)
