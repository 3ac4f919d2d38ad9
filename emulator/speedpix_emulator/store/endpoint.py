"""The object store's side of HTTP: pre-signed PUT, GET and HEAD."""

from __future__ import annotations

import asyncio
import base64
import secrets
from email.utils import formatdate
from typing import Mapping
from urllib.parse import unquote

from attrs import frozen
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ..exchanges.exchange import header_mapping
from ..limits import STREAM_CHUNK_BYTES
from .errors import StoreError, signature_mismatch, xml_error
from .objects import ObjectStore, StoredObject
from .presign import STORE_PATH, Presigner
from .ranges import ByteRange, UnsatisfiableRangeError, parse_range

FOREIGN_PREFIXES = ("x-ca-", "x-sp-", "x-oss-")
FOREIGN_HEADERS = frozenset(["authorization", "cookie", "content-md5"])


@frozen
class StoreEndpoint:
    """An ASGI application for objects.

    `crc64`, `md5_etag` and `content_md5` say which checksums it tells; `upload_delay` is waited, in
    real seconds, before an upload is acknowledged. With `encrypted`, ETags are like MD5s of
    something else. `whole_206` answers a GET of the whole object as one of its whole range; `gzip`
    gives objects compressed, as if they had been stored so.
    """

    store: ObjectStore
    presigner: Presigner
    crc64: bool
    md5_etag: bool
    content_md5: bool
    encrypted: bool
    whole_206: bool
    gzip: bool
    upload_delay: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = secrets.token_hex(12).upper()
        try:
            await self._answer(scope, receive, send, request_id)
        except StoreError as error:
            content = b"" if scope["method"] == "HEAD" else xml_error(error, request_id)
            headers = {"x-oss-request-id": request_id}
            response = Response(content, error.status, headers, "application/xml")
            await response(scope, receive, send)
        except ClientDisconnect:
            return

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        method, headers = scope["method"], header_mapping(scope)
        key = unquote(scope["raw_path"].decode("latin-1")[len(STORE_PATH) :])
        if method not in ("PUT", "GET", "HEAD"):
            raise StoreError(405, "MethodNotAllowed", "The method is not allowed here.")
        for name in headers:
            if name in FOREIGN_HEADERS or name.startswith(FOREIGN_PREFIXES):
                mismatch = f"{method}\n\n\n\n{name}:...\n/emulator/{key}"
                raise signature_mismatch(mismatch)
        content_type = headers.get("content-type", "") if method == "PUT" else ""
        query = scope["query_string"].decode("latin-1")
        self.presigner.check(method, key, query, content_type)
        common = {"x-oss-request-id": request_id, "server": "EmulatorOSS"}
        if method == "PUT":
            stored = await self._receive(Request(scope, receive), key, content_type)
            response = Response(b"", 200, {**common, **self._checksums(stored)})
            await response(scope, receive, send)
        else:
            await self._give(key, headers, common, send, with_body=method == "GET")

    async def _receive(self, request: Request, key: str, content_type: str) -> StoredObject:
        with self.store.writer(key, content_type) as writer:
            async for piece in request.stream():
                writer.write(piece)
            if self.upload_delay:
                await asyncio.sleep(self.upload_delay)
            return writer.commit()

    async def _give(
        self,
        key: str,
        headers: Mapping[str, str],
        common: dict[str, str],
        send: Send,
        *,
        with_body: bool,
    ) -> None:
        stored = self.store.get(key)
        if stored is None:
            raise StoreError(404, "NoSuchKey", "The specified key does not exist.")
        if self.gzip:
            stored = self.store.compressed(stored)
            common["content-encoding"] = "gzip"
        if_match = headers.get("if-match")
        if if_match is not None and if_match not in ("*", self._etag(stored)):
            message = "At least one of the pre-conditions you specified did not hold."
            raise StoreError(412, "PreconditionFailed", message)
        wanted = self._range(headers.get("range"), stored)
        if wanted is None and self.whole_206 and stored.size:
            wanted = ByteRange(0, stored.size - 1)
        described = {
            **common,
            **self._checksums(stored),
            "accept-ranges": "bytes",
            "content-type": stored.content_type,
            "last-modified": formatdate(stored.modified, usegmt=True),
            "content-length": str(wanted.length if wanted else stored.size),
        }
        if wanted:
            described["content-range"] = f"bytes {wanted.first}-{wanted.last}/{stored.size}"
        encoded = [(name.encode(), value.encode("latin-1")) for name, value in described.items()]
        status = 206 if wanted else 200
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        if with_body:
            await _stream(stored, wanted, send)
        else:
            await send({"type": "http.response.body", "body": b""})

    def _range(self, header: str | None, stored: StoredObject) -> ByteRange | None:
        try:
            return parse_range(header, stored.size)
        except UnsatisfiableRangeError as error:
            message = "The requested range cannot be satisfied."
            raise StoreError(416, "InvalidRange", message) from error

    def _checksums(self, stored: StoredObject) -> dict[str, str]:
        told = {"etag": self._etag(stored)}
        if self.crc64:
            told["x-oss-hash-crc64ecma"] = str(stored.crc64)
        if self.content_md5:
            told["content-md5"] = base64.b64encode(bytes.fromhex(stored.md5)).decode()
        return told

    def _etag(self, stored: StoredObject) -> str:
        # That of an encrypted object looks like an MD5, too.
        etag = stored.md5[::-1] if self.encrypted else stored.md5
        return f'"{etag}"' if self.md5_etag else f'"{etag}-1"'


async def _stream(stored: StoredObject, wanted: ByteRange | None, send: Send) -> None:
    left = wanted.length if wanted else stored.size
    with stored.file.open("rb") as file:
        file.seek(wanted.first if wanted else 0)
        while left > STREAM_CHUNK_BYTES:
            piece = file.read(STREAM_CHUNK_BYTES)
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": file.read(left)})
