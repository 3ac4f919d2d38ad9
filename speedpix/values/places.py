"""Say where in nested JSON something is, such as `input["style"]["ref"][0]`."""

from __future__ import annotations

import json

from ..exceptions import printable


def at(place: str, key: object) -> str:
    """Return the place of what stands under a key, or an index, of what is at a place."""
    quoted = printable(json.dumps(key, ensure_ascii=False)) if isinstance(key, str) else repr(key)
    return f"{place}[{quoted}]"
