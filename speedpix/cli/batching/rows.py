"""Read a catalogue: a folder of media files, or a table of CSV or JSON lines, row by row."""

from __future__ import annotations

import codecs
import csv
import json
import os
import shutil
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Callable, Dict, Iterator, NamedTuple, NoReturn, Sequence

import click
from attrs import frozen

from ...exceptions import InputError
from ...inputs.media_types import MEDIA_TYPES
from ...values.names import expanded

Row = Dict[str, object]

_FILE_FIELDS = ("path", "name", "stem")
_BLOCK = 1 << 16  # bytes looked through at once
_EXCEL_IN_CHINA = "gb18030"  # what Excel writes there as plain CSV, and a superset of GBK


class Drawn(NamedTuple):
    """A row as it was drawn.

    Attributes:
        place: where people find it: a file's name, `row 2` as a spreadsheet counts, `line 1`.
        row: its fields, or why it can't be read.
    """

    place: str
    row: Row | InputError


@frozen
class Rows:
    """The rows of a catalogue, which can be drawn again and again.

    Attributes:
        total: how many rows there are.
        draw: begins to give them.
        columns: the fields that each row has, if that is known before.
        is_folder: whether they are the files of a folder.
    """

    total: int
    draw: Callable[[], Iterator[Drawn]]
    columns: Sequence[str] | None = None
    is_folder: bool = False


@contextmanager
def opened(source: str, encoding: str | None) -> Iterator[Rows]:
    """Give the rows of a folder, a file, or, with `-`, standard input.

    Args:
        source: what stands on the command line.
        encoding: of CSV; None finds it out.

    Raises:
        click.BadParameter: there is none, it is of another kind, or it is not what it seems.
    """
    with ExitStack() as stack:
        try:
            rows = _rows(source, encoding, stack)
        except OSError as error:
            _refuse(f"{source!r} can't be read: {error.strerror}", error)
        except (UnicodeError, LookupError, csv.Error) as error:
            _refuse(f"{source!r} is no table: {error}", error)
        yield rows


def _rows(source: str, encoding: str | None, stack: ExitStack) -> Rows:
    path = Path(expanded(source))
    if source == "-":
        read = stack.enter_context(TemporaryFile())  # noqa: SIM115 - it is one
        shutil.copyfileobj(sys.stdin.buffer, read)
        read.seek(0)
        head = read.read(_BLOCK).decode("utf-8-sig", "replace")
        return _objects(read) if head.lstrip()[:1] == "{" else _records(read, encoding)
    if path.is_dir():
        return _folder(path)
    kind = path.suffix.lower()
    if kind not in (".csv", ".jsonl"):
        _refuse(f"{source!r} is not a folder, a .csv or a .jsonl file, or - for standard input")
    stream = stack.enter_context(path.open("rb"))
    return _objects(stream) if kind == ".jsonl" else _records(stream, encoding)


def _folder(folder: Path) -> Rows:
    found = sorted(path for path in folder.iterdir() if _is_media(path))
    if not found:
        _refuse(f"{str(folder)!r} has no picture, video or audio file")

    def draw() -> Iterator[Drawn]:
        for path in found:
            row = (str(path), path.name, path.stem)
            yield Drawn(path.name, dict(zip(_FILE_FIELDS, row)))

    return Rows(len(found), draw, _FILE_FIELDS, is_folder=True)


def _is_media(path: Path) -> bool:
    return path.suffix.lower() in MEDIA_TYPES and not path.name.startswith(".") and path.is_file()


def _objects(stream: BinaryIO) -> Rows:
    """Return the rows of JSON lines."""

    def draw() -> Iterator[Drawn]:
        lines = enumerate(_lines(stream, "utf-8-sig"), 1)
        for number, line in (each for each in lines if each[1].strip()):
            yield Drawn(f"line {number}", _object(line))

    return Rows(sum(1 for line in _lines(stream, "utf-8-sig") if line.strip()), draw)


def _object(line: str) -> Row | InputError:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return InputError(f"it is not JSON: {error}")
    return value if isinstance(value, dict) else InputError("it is no JSON object")


def _records(stream: BinaryIO, told: str | None) -> Rows:
    """Return the rows of CSV."""
    encoding = _found_encoding(stream, told)
    reader = csv.reader(_lines(stream, encoding))
    names = next(reader, [])
    twice = [name for name in names if not name or names.count(name) > 1]
    if twice or not names:
        what = f"two columns are called {twice[0]!r}" if any(twice) else "a column has no name"
        raise csv.Error(what)

    def draw() -> Iterator[Drawn]:
        rows = enumerate(csv.reader(_lines(stream, encoding)), 1)
        next(rows)
        for number, cells in (each for each in rows if each[1]):
            row: Row | InputError = dict(zip(names, cells))
            if len(cells) != len(names):
                row = InputError(f"it has {len(cells)} cells, and there are {len(names)} columns")
            yield Drawn(f"row {number}", row)

    return Rows(sum(1 for cells in reader if cells), draw, names)


def _lines(stream: BinaryIO, encoding: str) -> Iterator[str]:
    """Yield the lines of a stream, from its beginning."""
    with open(os.dup(stream.fileno()), encoding=encoding, newline="") as text:
        text.seek(0)
        yield from text


def _found_encoding(stream: BinaryIO, told: str | None) -> str:
    """Return the encoding of CSV: what is told, UTF-8 if it is that, else GB18030.

    Raises:
        UnicodeError: it is neither.
    """
    for encoding in (told,) if told else ("utf-8-sig", _EXCEL_IN_CHINA):
        stream.seek(0)
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            for block in iter(partial(stream.read, _BLOCK), b""):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeError:
            continue
        return encoding
    message = f"it is not {told}" if told else "it is neither UTF-8 nor GB18030: --csv-encoding"
    raise UnicodeError(message)


def _refuse(message: str, cause: Exception | None = None) -> NoReturn:
    raise click.BadParameter(message, param_hint="SOURCE") from cause
