"""Read a catalogue: a folder of media files, or a table of CSV or JSON lines, row by row."""

from __future__ import annotations

import codecs
import csv
import json
import os
import shutil
import sys
from array import array
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryFile
from typing import BinaryIO, Callable, Dict, Iterator, NoReturn, Sequence

import click
from attrs import frozen

from ...exceptions import InputError
from ...inputs.media_types import MEDIA_TYPES
from ...printable import printable
from ...values.names import expanded

Row = Dict[str, object]

_FILE_FIELDS = ("path", "name", "stem")
_BLOCK = 1 << 16  # bytes looked through at once
_NAMED = 3  # as many as fit into a line
_EXCEL_IN_CHINA = "gb18030"  # what Excel writes there as plain CSV, and a superset of GBK


@frozen
class Rows:
    """The rows of a catalogue, which can be drawn again and again.

    Attributes:
        total: how many rows there are.
        place: tells where people find the one of an index: a file's name, `row 2` as a
            spreadsheet counts, `line 1`.
        draw: begins to give them; an error stands for one that can't be read.
        columns: the fields that each row has, if that is known before.
        folders: of a folder, the folders in it, which are not looked into; None of a table.
    """

    total: int
    place: Callable[[int], str]
    draw: Callable[[], Iterator[Row | InputError]]
    columns: Sequence[str] | None = None
    folders: Sequence[Path] | None = None

    @property
    def is_folder(self) -> bool:
        """Return whether they are the files of a folder."""
        return self.folders is not None


@contextmanager
def opened(source: str, encoding: str | None, output: Path | None) -> Iterator[Rows]:
    """Give the rows of a folder, a file, or, with `-`, standard input.

    Args:
        source: what stands on the command line.
        encoding: of CSV; None finds it out.
        output: the folder that files are saved in, which may be in the one that is read.

    Raises:
        click.BadParameter: there is none, it is of another kind, or it is not what it seems.
    """
    with ExitStack() as stack:
        try:
            rows = _rows(source, encoding, output, stack)
        except OSError as error:
            _refuse(f"{source!r} can't be read: {error.strerror}", error)
        except (UnicodeError, LookupError, csv.Error) as error:
            _refuse(f"{source!r} is no table: {error}", error)
        yield rows


def _rows(source: str, encoding: str | None, output: Path | None, stack: ExitStack) -> Rows:
    path = Path(expanded(source))
    if source == "-":
        read = stack.enter_context(TemporaryFile())  # noqa: SIM115 - it is one
        shutil.copyfileobj(sys.stdin.buffer, read)
        read.seek(0)
        head = read.read(_BLOCK).decode("utf-8-sig", "replace")
        return _objects(read) if head.lstrip()[:1] == "{" else _records(read, encoding)
    if path.is_dir():
        return _folder(path, output)
    kind = path.suffix.lower()
    if kind not in (".csv", ".jsonl"):
        _refuse(
            f"{source!r} is not a folder, a .csv or a .jsonl file, or - for standard input; "
            "save a spreadsheet as CSV"
        )
    stream = stack.enter_context(path.open("rb"))
    return _objects(stream) if kind == ".jsonl" else _records(stream, encoding)


def _folder(folder: Path, output: Path | None) -> Rows:
    there = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    found = [path for path in there if _is_media(path)]
    own = output and output.resolve()
    folders = [path for path in there if path.is_dir() and path.resolve() != own]
    if not found:
        message = f"{str(folder)!r} has no picture, video or audio file"
        if folders:
            message = f"{message}; folders in it are not looked into: {named(folders)}"
        _refuse(message)

    def draw() -> Iterator[Row]:
        for path in found:
            yield dict(zip(_FILE_FIELDS, (str(path), path.name, path.stem)))

    return Rows(len(found), lambda index: found[index].name, draw, _FILE_FIELDS, folders)


def named(paths: Sequence[Path]) -> str:
    """Return the names of the first few paths, and how many more there are."""
    names = ", ".join(printable(path.name) for path in paths[:_NAMED])
    return names if len(paths) <= _NAMED else f"{names}, and {len(paths) - _NAMED:,} more"


def _is_media(path: Path) -> bool:
    return path.suffix.lower() in MEDIA_TYPES and path.is_file()


def _objects(stream: BinaryIO) -> Rows:
    """Return the rows of JSON lines."""

    def lines() -> Iterator[tuple[int, str]]:
        numbered = enumerate(_lines(stream, "utf-8-sig"), 1)
        return (each for each in numbered if each[1].strip())

    def draw() -> Iterator[Row | InputError]:
        return (_object(line) for _, line in lines())

    numbers = array("L", (number for number, _ in lines()))
    return Rows(len(numbers), lambda index: f"line {numbers[index]}", draw)


def _object(line: str) -> Row | InputError:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        return InputError(f"it is not JSON: {error}")
    return value if isinstance(value, dict) else InputError("it is no JSON object")


def _records(stream: BinaryIO, told: str | None) -> Rows:
    """Return the rows of CSV."""
    encoding = _found_encoding(stream, told)

    def records() -> Iterator[tuple[int, list[str]]]:
        numbered = enumerate(csv.reader(_lines(stream, encoding)), 1)
        # Excel writes an empty row below or between others as cells without anything in them.
        return (each for each in numbered if each[0] == 1 or any(each[1]))

    counted = records()
    _, names = next(counted, (1, []))
    twice = [name for name in names if not name or names.count(name) > 1]
    if twice or not names:
        what = f"two columns are called {twice[0]!r}" if any(twice) else "a column has no name"
        raise csv.Error(what)

    def draw() -> Iterator[Row | InputError]:
        for _, cells in islice(records(), 1, None):
            row: Row | InputError = dict(zip(names, cells))
            if len(cells) != len(names):
                row = InputError(f"it has {len(cells)} cells, and there are {len(names)} columns")
            yield row

    numbers = array("L", (number for number, _ in counted))
    return Rows(len(numbers), lambda index: f"row {numbers[index]}", draw, names)


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
