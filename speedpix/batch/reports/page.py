"""A report as one page for people: nothing in it asks anybody for anything.

Each item is a line of JSON, which the page's script turns into text and pictures, as many as fit
on a page. So nothing that a service or a file's name says is ever read as HTML.
"""

from __future__ import annotations

import json
from collections import deque
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from pkgutil import get_data
from typing import Any, Callable, Iterable, Iterator, Mapping, TextIO, TypeVar

from ...constants import (
    DISPLAY_LIMIT,
    REPORT_AHEAD,
    REPORT_FILES,
    REPORT_LIMIT,
    REPORT_SIDE,
    REPORT_THREADS,
)
from ...inputs.pictures import thumbnail
from ...inputs.sources import as_data_uri
from ...transports.workers import Workers

T = TypeVar("T")
U = TypeVar("U")

_PAGE = "page.html"
_ITEMS = "<!-- items -->"
# What would end the element that the JSON is in.
_ESCAPES = {ord(character): f"\\u{ord(character):04x}" for character in "<>&\u2028\u2029"}


def html(stream: TextIO, found: Iterable[Mapping[str, Any]]) -> None:
    """Write a page with an item for each line of a report; a few items are in memory at a time."""
    before, after = (get_data(__package__, _PAGE) or b"").decode().split(_ITEMS)
    stream.write(before)
    left = REPORT_LIMIT

    def pictured(line: Mapping[str, Any]) -> dict[str, Any]:
        item = {**line, "before": [], "after": []}
        if left > 0:
            item["before"] = _pictures([line["file"]] if line["file"] else [])
            item["after"] = _pictures(line["saved"][:REPORT_FILES])
        return item

    for item in _made_ahead(pictured, found):
        left -= sum(map(len, [*item["before"], *item["after"]]))
        text = json.dumps(item, ensure_ascii=False).translate(_ESCAPES)
        stream.write(f'<script type="application/json">{text}</script>\n')
    stream.write(after)


def _made_ahead(make: Callable[[T], U], values: Iterable[T]) -> Iterator[U]:
    """Yield what is made of each value, in order; threads are ahead by a few."""
    workers = Workers(REPORT_THREADS)
    ahead: deque[Future[U]] = deque()
    for value in values:
        ahead.append(workers.submit(partial(make, value)))
        if len(ahead) > REPORT_AHEAD:
            yield ahead.popleft().result()
    for each in ahead:
        yield each.result()


def _pictures(paths: Iterable[str]) -> list[str]:
    """Return thumbnails as data URIs: of those files that are pictures, and there."""
    found = []
    for path in paths:
        try:
            file = Path(path)
            if file.stat().st_size <= DISPLAY_LIMIT:
                content = file.read_bytes()
                found.append(as_data_uri(*thumbnail(content, path, REPORT_SIDE)))
        except Exception:  # noqa: BLE001, S112 - a report does without a picture
            continue
    return found
