"""The files of a run: what was sent, and what came out."""

from __future__ import annotations

import mimetypes
from typing import Iterator, Mapping
from urllib.parse import unquote

from attrs import frozen

from ..runs.inputs import data_uri_content
from ..runs.jobs import Job
from ..runs.outputs import Output, StoredFile
from ..store.objects import ObjectStore
from ..store.presign import STORE_PATH, key_and_query


@frozen
class RunFile:
    """A file of a run: its field, and its object's key, or its data URI."""

    side: str
    field: str
    key: str = ""
    uri: str = ""

    @property
    def name(self) -> str:
        """Return its file name; that of a data URI is its type."""
        return self.key.rpartition("/")[2] if self.key else self.uri[5:].partition(";")[0][:60]

    @property
    def type(self) -> str:
        """Return its media type, as far as its name tells; empty when it doesn't."""
        return (mimetypes.guess_type(self.name)[0] or "") if self.key else self.name

    def content(self, store: ObjectStore, most: int) -> bytes | None:
        """Return its bytes; None when it is gone, larger than `most`, or no data URI after all."""
        if self.key:
            stored = store.get(self.key)
            return None if stored is None or stored.size > most else stored.file.read_bytes()
        try:
            return None if len(self.uri) > most else data_uri_content(self.uri)
        except ValueError:
            return None


def run_files(job: Job, origin: str) -> list[RunFile]:
    """Return the files among its inputs, by URL of the store at `origin` or data URI, and outputs.

    A run has outputs when it has ended, though the emulator may have made them before.
    """
    output = job.output if job.scripted_end_passed else Output()
    temp_files = output.temp_files if job.submission.return_temp_files else ()
    return [
        *_sent("", job.inputs, origin + STORE_PATH),
        *_came_out("", output.result),
        *_came_out("images", list(output.images)),
        *_came_out("temp_files", list(temp_files)),
    ]


def _sent(field: str, value: object, store: str) -> Iterator[RunFile]:
    if isinstance(value, str):
        if value.startswith("data:"):
            yield RunFile("input", field, uri=value)
        elif value.startswith(store):
            yield RunFile("input", field, unquote(key_and_query(value)[0]))
    for name, item in _items(value):
        yield from _sent(f"{field}.{name}".strip("."), item, store)


def _came_out(field: str, value: object) -> Iterator[RunFile]:
    if isinstance(value, StoredFile):
        yield RunFile("output", field, value.key)
    for name, item in _items(value):
        yield from _came_out(f"{field}.{name}".strip("."), item)


def _items(value: object) -> Iterator[tuple[object, object]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)
