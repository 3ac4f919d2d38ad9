"""Put a run's output into lines of text."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Iterator, Mapping, Sequence

from ...printable import printable


def result_lines(output: Mapping[str, Any], saved: Sequence[Path] | None) -> list[str]:
    """Return where the output's files are: paths, or URLs; for one without files, its JSON."""
    lines = [each.url for each in files(output)] if saved is None else [str(each) for each in saved]
    lines = lines or json.dumps(output, ensure_ascii=False, indent=2).splitlines()
    return [printable(each) for each in lines]


def value_lines(output: Mapping[str, Any]) -> list[str]:
    """Return the fields that hold no files, beside others that do."""
    values = {key: value for key, value in output.items() if not any(files(value))}
    if len(values) == len(output):
        return []
    return [
        printable(f"{key}: {json.dumps(value, ensure_ascii=False)}")
        for key, value in values.items()
    ]


def info_lines(info: Any) -> list[str]:
    """Return what the service adds to the result, a line for each name."""
    named = info if isinstance(info, dict) else {"info": info} if info else {}
    return [
        printable(f"{key}: {json.dumps(value, ensure_ascii=False)}") for key, value in named.items()
    ]


def files(value: Any) -> Iterator[Any]:
    """Yield the files in an output, in order; they know their `url`."""
    from ... import FileOutput

    if isinstance(value, FileOutput):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from files(each)
    elif isinstance(value, list):
        for each in value:
            yield from files(each)
