"""What a workflow's function returns: files go to the store, all else stays JSON."""

from __future__ import annotations

import io
import json
import mimetypes
from typing import Callable, Mapping

from attrs import field, frozen
from PIL import Image

from ..store.objects import ObjectStore
from .errors import WorkflowError
from .workflows import Kind

# Pillow imports its formats when it meets the first file, which would be in a thread here: the
# loggers that they make would then come amid pytest's loop over all loggers.
Image.init()

TEMP_FILES = "temp_files"
"""The key under which a function returns files that only `return_temp_files` asks for."""

INFO = "info"
"""The key under which a function returns what it has to say about the run, unless it is declared
as an output."""

UrlOf = Callable[[str], str]


@frozen
class OutputFile:
    """A file that a workflow's function returns, when its name and type matter."""

    content: bytes
    filename: str
    content_type: str | None = None


@frozen
class StoredFile:
    """A file of a result, in the store; its URL is signed anew each time that it is told."""

    type: str
    key: str
    filename: str
    facts: Mapping[str, object]

    def told(self, url_of: UrlOf) -> dict[str, object]:
        """Return the file-valued field of the result."""
        return {
            "url": url_of(self.key),
            "type": self.type,
            "filename": self.filename,
            "object_key": self.key,
            **self.facts,
        }


@frozen
class Output:
    """What a run produced: `result` fields (None without output fields), files, and `info`."""

    result: Mapping[str, object] | None = None
    images: tuple[StoredFile, ...] = ()
    temp_files: tuple[StoredFile, ...] = field(default=())
    info: Mapping[str, object] | None = None


def collect(
    returned: Mapping[str, object], declared: Mapping[str, Kind] | None, store: ObjectStore
) -> Output:
    """Store the files in what a function returned; WorkflowError when it isn't as declared."""
    fields = {
        name: _stored(name, value, declared.get(name) if declared else None, store)
        for name, value in returned.items()
        if name in (TEMP_FILES, INFO) or declared is None or name in declared
    }
    temp_files = tuple(_files(fields.pop(TEMP_FILES, None)))
    info = None if declared and INFO in declared else fields.pop(INFO, None)
    if info is not None and not isinstance(info, dict):
        message = f"the workflow's function returned an {INFO!r} that isn't a mapping"
        raise WorkflowError(message)
    if declared is None:
        return Output(None, tuple(_files(list(fields.values()))), temp_files, info)
    for name in declared:
        if name not in fields:
            message = f"the workflow's function returned no {name!r}"
            raise WorkflowError(message)
    return Output(fields, (), temp_files, info)


def tell(value: object, url_of: UrlOf) -> object:
    """Return the value as JSON, with a fresh URL for each file in it."""
    if isinstance(value, StoredFile):
        return value.told(url_of)
    if isinstance(value, dict):
        return {name: tell(item, url_of) for name, item in value.items()}
    if isinstance(value, list):
        return [tell(item, url_of) for item in value]
    return value


def _stored(name: str, value: object, kind: Kind | None, store: ObjectStore) -> object:
    if isinstance(value, (Image.Image, bytes, OutputFile)):
        return _put(name, value, kind, store)
    if isinstance(value, Mapping):
        return {key: _stored(key, item, None, store) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_stored(name, item, kind, store) for item in value]
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as error:
        message = f"the workflow's function returned a {name!r} that isn't JSON: {error}"
        raise WorkflowError(message) from error
    return value


def _put(
    name: str,
    value: Image.Image | bytes | OutputFile,
    kind: Kind | None,
    store: ObjectStore,
) -> StoredFile:
    if isinstance(value, Image.Image):
        buffer = io.BytesIO()
        value.save(buffer, format="PNG")
        value = OutputFile(buffer.getvalue(), f"{name}.png", "image/png")
    elif isinstance(value, bytes):
        value = OutputFile(value, name + _extension(value, kind))
    guessed = mimetypes.guess_type(value.filename)[0]
    content_type = value.content_type or guessed or "application/octet-stream"
    key = store.new_key("output", value.filename)
    store.put(key, content_type, value.content)
    major = content_type.split("/")[0]
    if kind is not None and kind.is_file:
        major = kind.value
    facts: dict[str, object] = {"format": value.filename.rpartition(".")[2].lower()}
    image = _picture(value.content)
    if image is not None:
        facts.update(width=image.width, height=image.height)
    return StoredFile(major if major in _FILE_TYPES else "file", key, value.filename, facts)


_FILE_TYPES = frozenset(kind.value for kind in Kind if kind.is_file)


def _extension(content: bytes, kind: Kind | None) -> str:
    image = _picture(content)
    if image is not None:
        return f".{(image.format or 'bin').lower()}"
    return {Kind.VIDEO: ".mp4", Kind.AUDIO: ".wav"}.get(kind or Kind.ANY, ".bin")


def _picture(content: bytes) -> Image.Image | None:
    """Return a file's picture, of which no pixel is decoded; None where it is none."""
    try:
        return Image.open(io.BytesIO(content))
    except Exception:  # noqa: BLE001 - codecs raise what they like
        return None


def _files(value: object) -> list[StoredFile]:
    if isinstance(value, StoredFile):
        return [value]
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [file for item in value for file in _files(item)]
    return []
