"""What came of each input, as a file: JSON lines, CSV for Excel, or a page to look at."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, TextIO

from ...exceptions import InputError
from ...files.save import probe
from ...files.sinks import writing
from ..manifest.entry import Entry
from ..manifest.manifest import Manifest
from ..result import error_from, status_in
from .page import html

Write = Callable[[TextIO, Iterable[Mapping[str, Any]]], None]

_COLUMNS = ("index", "key", "status", "prediction_id", "error", "saved", "seconds", "file")
# A cell that begins so is a formula to a spreadsheet: what a service says must not be run.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_report(path: Path, manifest: Manifest) -> Path:
    """Write a line for each input that the last call met; return where.

    Raises:
        InputError: the path does not end as one of the formats.
        DownloadError: it can't be written.
    """
    write = _writer(path)
    # Excel takes UTF-8 for what it is when it begins with a byte order mark.
    encoding = "utf-8-sig" if write is _csv else "utf-8"
    with writing(repr(str(path))):
        path.parent.mkdir(parents=True, exist_ok=True)
        # What a path may hold and no encoding has is escaped, as JSON does, too.
        with path.open("w", encoding=encoding, errors="backslashreplace", newline="") as stream:
            write(stream, (_line(manifest.call, entry) for entry in manifest.met()))
    return path


def probe_report(path: Path) -> None:
    """Raise what `write_report` would: before anything is paid."""
    _writer(path)
    probe(path.parent)


def _writer(path: Path) -> Write:
    write = _WRITERS.get(path.suffix.lower())
    if write is None:
        message = f"a report's path ends in one of {', '.join(_WRITERS)}, not {path.name!r}"
        raise InputError(message)
    return write


def _line(call: int, entry: Entry) -> Mapping[str, Any]:
    error = error_from(entry.error)
    return {
        "index": entry.position,
        "key": entry.key,
        "status": status_in(call, entry),
        "prediction_id": entry.prediction_id,
        "error": None if error is None else str(error),
        "saved": json.loads(entry.saved) if entry.saved else [],
        "seconds": None if entry.seconds is None else round(entry.seconds, 3),
        "file": entry.photo,
        "name": _name(entry),
    }


def _name(entry: Entry) -> str:
    """Return what people know an item by: its key, its photo's name, or else its number."""
    if entry.has_key:
        return entry.key
    return f"#{entry.position + 1}" if entry.photo is None else os.path.basename(entry.photo)


def _jsonl(stream: TextIO, found: Iterable[Mapping[str, Any]]) -> None:
    for each in found:
        line = {name: each[name] for name in _COLUMNS}
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")


def _csv(stream: TextIO, found: Iterable[Mapping[str, Any]]) -> None:
    writer = csv.writer(stream)
    writer.writerow(_COLUMNS)
    for line in found:
        cells = {**line, "saved": "\n".join(line["saved"])}
        writer.writerow([_cell(cells[name]) for name in _COLUMNS])


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


_WRITERS: Mapping[str, Write] = {
    ".jsonl": _jsonl,
    ".csv": _csv,
    ".html": html,
}
