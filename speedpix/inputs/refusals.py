"""Guess what was meant by the fields that the service refused: its message seldom tells."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from ..gateway.settings import LocalFiles
from ..printable import printable
from ..values.names import expanded
from ..values.wire import at
from .prepare import may_be_path

_WORD = re.compile(r"\w+")
_ALIKE = 0.75  # of difflib's ratio: `imgae` and `image` have 0.8


def explanation(fields: Mapping[str, Any], said: str, local_files: LocalFiles) -> str:
    """Return what may be wrong with the fields that a refusal is about, empty for nothing.

    Args:
        fields: the input as it was submitted.
        said: the service's message.
        local_files: "never" tells nothing of this machine's files: a stranger may have typed it.
    """
    look = local_files != "never"
    return "; ".join((*_misspelt(fields, said), *_mistaken(fields, said, look=look)))


def refused(fields: Mapping[str, Any], said: str) -> dict[str, Any]:
    """Return the fields that a refusal names; all of them where it names none."""
    words = set(_WORD.findall(said))
    return {key: value for key, value in fields.items() if key in words} or dict(fields)


def _misspelt(fields: Mapping[str, Any], said: str) -> Iterator[str]:
    words = [word for word in _WORD.findall(said) if word not in fields]
    for key in fields:
        for meant in get_close_matches(key, words, 1, _ALIKE):
            yield f"{at('input', key)}: did you mean {meant!r}?"


def _mistaken(fields: Mapping[str, Any], said: str, *, look: bool) -> Iterator[str]:
    for key, value in refused(fields, said).items():
        place = at("input", key)
        if isinstance(value, str):
            name, path = printable(repr(value)), expanded(value)
            if os.path.isfile(path) if look else may_be_path(value):
                yield f"{place} was sent as the text {name}: a path object sends the file"
            elif look and os.path.isdir(path):
                yield f"{place} was sent as the text {name}, which is a folder: only files are sent"
            elif look and may_be_path(value):
                yield f"{place} was sent as the text {name}: there is no such file"
        elif isinstance(value, (int, float)) and "string" in said:
            yield f'{place} was sent as the number {value}: the text is "{value}"'
