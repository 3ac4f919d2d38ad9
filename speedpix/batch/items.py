"""The items of a batch: their keys, and the digests of what is submitted for them."""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections import abc
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode, urlsplit

from ..constants import DIGEST_SIZE
from ..exceptions import InputError, SpeedPixException
from ..gateway.settings import LocalFiles
from ..inputs.prepare import Prepared, filled, prepare
from ..inputs.sources import FileSource
from ..predictions.options import Submission
from ..printable import encodable
from ..values.wire import is_address
from .manifest.entry import FileState
from .map_options import KeyOption

T = TypeVar("T")

# What pre-signed URLs of common stores are signed with; it changes while the file does not.
_SIGNATURE = frozenset(
    ("signature", "expires", "ossaccesskeyid", "security-token", "awsaccesskeyid", "sig", "se")
)
_SIGNATURE_PREFIXES = ("x-amz-", "x-oss-", "x-goog-")


class Item(NamedTuple):
    """One of the inputs as it was drawn.

    Attributes:
        position: its index.
        given: the input as it was given.
        fields: what of it is sent.
        key: the key that it was given; None for its digest.
        trouble: why it can't be run, if that is known.
    """

    position: int
    given: Mapping[str, Any]
    fields: Mapping[str, Any]
    key: str | None = None
    trouble: SpeedPixException | None = None


class Looked(NamedTuple):
    """An item that was looked at: its key and digest, and its input with the local files found."""

    item: Item
    key: str
    digest: bytes
    prepared: Prepared | None
    trouble: SpeedPixException | None
    digests: Mapping[int, str]  # of the local files, by `id`
    digested: Mapping[FileState, str]  # those that were read for it

    @property
    def stem(self) -> str:
        """Return the name of the first local file without its extension; else the key."""
        return self.key if self._first is None else os.path.splitext(self._first.name)[0]

    @property
    def photo(self) -> str | None:
        """Return the path of the first local file, if it has one."""
        path = None if self._first is None else self._first.path
        return None if path is None else encodable(os.path.abspath(path))

    @property
    def _first(self) -> FileSource | None:
        files = [] if self.prepared is None else self.prepared.files
        return files[0][1] if files else None

    @property
    def label(self) -> str | None:
        """Return what its run is called: the key that it was given, else its first file's name."""
        return self.item.key or (None if self._first is None else self._first.name)


def item_of(position: int, given: object, key: KeyOption) -> Item:
    """Return an input as an item, with its key; trouble is the item's own, not the batch's."""
    if not isinstance(given, abc.Mapping):  # ten times faster than typing's
        kind = type(given).__name__
        message = f"input {position} must be a mapping of fields to values, not a {kind}"
        trouble = given if isinstance(given, InputError) else InputError(message)
        # Its place tells it from others; no field of an input is without a name.
        return Item(position, {}, {"": position}, None, trouble)
    if key is None:
        return Item(position, given, given)
    if callable(key):
        fields, value = given, key(given)
    else:
        fields, value = {name: given[name] for name in given if name != key}, given.get(key)
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        what = "its key is empty" if callable(key) else f"it has no {key!r}, which is to be its key"
        return Item(position, given, fields, None, InputError(f"input {position}: {what}"))
    return Item(position, given, fields, encodable(str(value)))


def while_quick(values: Iterable[T], seconds: float) -> Iterator[T]:
    """Yield values, one at least, until they have taken so many seconds."""
    end = time.monotonic() + seconds
    for value in values:
        yield value
        if time.monotonic() >= end:
            return


def check_inputs(inputs: object) -> None:
    """Raise InputError for what is iterated over by something else than its inputs."""
    if isinstance(inputs, (str, bytes, abc.Mapping)) or hasattr(inputs, "columns"):
        message = (
            "inputs must be an iterable of mappings of fields to values, not a "
            f'{type(inputs).__name__}; of pandas, df.to_dict("records") is one; of polars, '
            "df.iter_rows(named=True)"
        )
        raise InputError(message)


def identity(submission: Submission) -> str:
    """Return what the digests of all items of a batch have in common, as text."""
    request = submission.request.to_dict()
    request.pop("inputs", None)
    return json.dumps(
        [request, submission.file_encoding_strategy, submission.resource_config_id], sort_keys=True
    )


def look(
    item: Item,
    common: str,
    local_files: LocalFiles,
    known: Callable[[FileState], str | None],
) -> Looked:
    """Find an item's local files, and digest what is to be submitted; this reads files.

    Args:
        item: the item.
        common: what all items have in common.
        local_files: the client's setting.
        known: tells the digests of files that were read before.
    """
    trouble, prepared = item.trouble, None
    digests: dict[int, str] = {}
    digested: dict[FileState, str] = {}
    tree: Any = item.fields
    if trouble is None:
        try:
            prepared = prepare(item.fields, local_files)
            contents = {}
            for place, source in prepared.files:
                digests[id(source)] = sha256 = _sha256(place, source, known, digested)
                contents[id(source)] = {"sha256": sha256, "type": source.content_type}
            tree = filled(prepared, contents) if contents else prepared.tree
        except SpeedPixException as error:
            trouble, tree = error, item.fields
    digest = _digest(common, tree)
    key = item.key or digest.hex()
    return Looked(item, key, digest, prepared, trouble, digests, digested)


def _sha256(
    place: str,
    source: FileSource,
    known: Callable[[FileState], str | None],
    digested: dict[FileState, str],
) -> str:
    if not source.rewindable:
        message = f"{place}: a stream can be read only once, and a batch may need it again"
        raise InputError(message)
    try:
        state = _state(source)
        found = None if state is None else known(state)
        if found is None:
            found = source.digest("sha256")
            if state is not None and state == _state(source):  # not while it was written to
                digested[state] = found
    except (OSError, ValueError) as error:
        message = f"{place}: {source.name!r} can't be read: {error}"
        raise InputError(message) from error
    return found


def _state(source: FileSource) -> FileState | None:
    if source.path is None:
        return None
    found = os.stat(source.path)
    return FileState(encodable(os.path.abspath(source.path)), found.st_size, found.st_mtime_ns)


def _plain(value: object) -> str:
    """Return what stands in a digest for a value that can't be sent."""
    return os.fspath(value) if isinstance(value, os.PathLike) else type(value).__name__


_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=_plain).encode


def _digest(common: str, tree: Any) -> bytes:
    try:
        text = _encode(tree)
        if "://" in text:  # few inputs hold URLs, and to look through them takes time
            text = _encode(unsigned(tree))
    except (TypeError, ValueError, RecursionError):  # of an input that can't be sent
        text = repr(sorted(map(str, tree)))
    content = f"{common}\n{text}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(content).digest()[:DIGEST_SIZE]


def unsigned(value: Any) -> Any:
    """Return a JSON value with the signatures of pre-signed URLs left out."""
    if isinstance(value, dict):
        return {key: unsigned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [unsigned(item) for item in value]
    if is_address(value):
        return _unsigned_url(str.__str__(value))
    return value


def _unsigned_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return url
    kept = [(name, value) for name, value in query if not _signs(name.lower())]
    return parts._replace(query=urlencode(kept)).geturl() if kept != query else url


def _signs(name: str) -> bool:
    return name in _SIGNATURE or name.startswith(_SIGNATURE_PREFIXES)
