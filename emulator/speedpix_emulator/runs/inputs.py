"""File-valued inputs: from a URL or a data URI to bytes or a picture."""

from __future__ import annotations

import base64
import binascii
import io
import urllib.request
from typing import Mapping
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from attrs import frozen
from PIL import Image, ImageOps

from ..limits import IMAGE_PIXELS, STREAM_CHUNK_BYTES
from ..store.errors import StoreError
from ..store.objects import ObjectStore, StoredObject
from ..store.presign import Presigner, key_and_query
from .errors import ServiceError, WorkflowError
from .workflows import Input, Kind

LOOPBACK = frozenset(["127.0.0.1", "::1", "localhost"])
REMOTE_BYTES = 256 * 1024 * 1024
"""The largest file taken from outside the store: it is held in memory."""

REMOTE_SECONDS = 10
"""How long a URL outside the store may take, in real seconds."""


@frozen
class FileReader:
    """A reader of file-valued inputs.

    Files come from the store at `origin`. With `allow_remote_urls` they may also come from other
    servers on the loopback interface; never from any other host.
    """

    store: ObjectStore
    presigner: Presigner
    origin: str
    allow_remote_urls: bool

    def check(self, inputs: Mapping[str, object], declared: Mapping[str, Input]) -> None:
        """Raise ServiceError for a file-valued input that can't be read."""
        for name, field in declared.items():
            value = inputs.get(name)
            if field.kind.is_file and isinstance(value, str):
                try:
                    self._locate(value)
                except StoreError as error:
                    code = "INVALID_INPUT"
                    message = f"inputs.{name}: can't be downloaded: {error.message}"
                    raise ServiceError(code, message) from error
                except ValueError as error:
                    code = "INVALID_INPUT"
                    raise ServiceError(code, f"inputs.{name}: {error}") from error

    def read(self, name: str, kind: Kind, value: str) -> object:
        """Return an upright PIL image, or else bytes; WorkflowError if it can't be read."""
        try:
            content = self._content(value)
        except (OSError, StoreError, ValueError) as error:
            message = f"{name}: can't be downloaded: {error}"
            raise WorkflowError(message) from error
        return picture(name, content) if kind is Kind.IMAGE else content

    def _locate(self, value: str) -> StoredObject | None:
        if value.startswith("data:"):
            data_uri_content(value)
            return None
        if not value.startswith(("http://", "https://")):
            message = "must be a URL or a data URI"
            raise ValueError(message)
        parts = urlsplit(value)
        if f"{parts.scheme}://{parts.netloc}" == self.origin:
            return self._stored(value)
        if not self.allow_remote_urls:
            message = f"the emulator reads files from its own store, not from {parts.netloc}"
            raise ValueError(message)
        if parts.scheme != "http" or parts.hostname not in LOOPBACK:
            message = f"the emulator reads files from this machine only, not from {parts.netloc}"
            raise ValueError(message)
        return None

    def _stored(self, url: str) -> StoredObject:
        key, query = key_and_query(url)
        key = unquote(key)
        self.presigner.check("GET", key, query)
        stored = self.store.get(key)
        if stored is None:
            raise StoreError(404, "NoSuchKey", "The specified key does not exist.")
        return stored

    def _content(self, value: str) -> bytes:
        if value.startswith("data:"):
            return data_uri_content(value)
        stored = self._locate(value)
        return _remote_content(value) if stored is None else stored.file.read_bytes()


def data_uri_content(uri: str) -> bytes:
    """Return the bytes of a data URI; ValueError when it isn't one."""
    head, comma, body = uri[len("data:") :].partition(",")
    if not comma:
        message = "not a data URI: it has no comma"
        raise ValueError(message)
    if not head.endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        message = f"not a data URI: {error}"
        raise ValueError(message) from error


def picture(name: str, content: bytes) -> Image.Image:
    """Return the decoded picture, turned upright; WorkflowError when it isn't one."""
    try:
        image = Image.open(io.BytesIO(content))
        if image.width * image.height > IMAGE_PIXELS:
            message = f"{name}: {image.width} x {image.height} pixels are too many"
            raise WorkflowError(message)
        return ImageOps.exif_transpose(image) or image
    except WorkflowError:
        raise
    except Exception as error:  # codecs raise what they like
        message = f"{name}: not a picture that can be read ({len(content)} bytes)"
        raise WorkflowError(message, "INVALID_IMAGE") from error


def _remote_content(url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    content = bytearray()
    with opener.open(url, timeout=REMOTE_SECONDS) as response:
        while len(content) < REMOTE_BYTES:
            piece = response.read(STREAM_CHUNK_BYTES)
            if not piece:
                return bytes(content)
            content += piece
    message = f"more than {REMOTE_BYTES} bytes"
    raise ValueError(message)
