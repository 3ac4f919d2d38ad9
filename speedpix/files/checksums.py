"""Compare what was moved with what the store says it has: CRC-64, or else MD5.

An ETag says nothing of the content (RFC 9110): that of an encrypted, appended or composed object
looks like an MD5, and is none.

CRC-64/XZ in pure Python would take longer than any network. It is, however, the check of an
.xz stream, which the standard library's decoder verifies at the speed of C: the bytes are fed
to it as stored (uncompressed) LZMA2 chunks, and the store's value as the stream's own check.
Source of the layout: "The .xz File Format", version 1.1.0, sections 2 to 4.
"""

from __future__ import annotations

import binascii
import hashlib
import lzma
import re
import struct
import zlib
from typing import Mapping

from attrs import frozen

_CHUNK = 1 << 16  # the most that one LZMA2 chunk can store
_STREAM_FLAGS = b"\x00\x04"  # the check is CRC-64
_STREAM_HEADER = b"\xfd7zXZ\x00" + _STREAM_FLAGS + struct.pack("<I", zlib.crc32(_STREAM_FLAGS))
_BLOCK_FIELDS = b"\x02\x00\x21\x01\x00\x00\x00\x00"  # 12 bytes with CRC; LZMA2, 4 KiB dictionary
_BLOCK_HEADER = _BLOCK_FIELDS + struct.pack("<I", zlib.crc32(_BLOCK_FIELDS))
_FIRST_CHUNK, _NEXT_CHUNK, _END_OF_CHUNKS = 0x01, 0x02, b"\x00"
_MD5_BYTES = 16
_CRC64_DECIMAL = re.compile(r"[0-9]{1,20}")
_LARGEST_CRC = (1 << 64) - 1


class _CRC64:
    """A CRC-64/XZ of bytes that come piece by piece."""

    def __init__(self) -> None:
        self._decoder = lzma.LZMADecompressor(lzma.FORMAT_XZ)
        self._decoder.decompress(_STREAM_HEADER + _BLOCK_HEADER)
        self._size = 0  # of the chunks, headers included
        self._control = _FIRST_CHUNK

    def update(self, piece: bytes | memoryview) -> None:
        view = memoryview(piece)
        for start in range(0, len(view), _CHUNK):
            chunk = view[start : start + _CHUNK]
            self._decoder.decompress(struct.pack(">BH", self._control, len(chunk) - 1) + chunk)
            self._control = _NEXT_CHUNK
            self._size += 3 + len(chunk)

    def matches(self, value: int) -> bool:
        """Tell whether the bytes so far have this CRC; to be asked once, at the end."""
        padding = b"\x00" * (-(self._size + len(_END_OF_CHUNKS)) % 4)
        try:
            self._decoder.decompress(_END_OF_CHUNKS + padding + struct.pack("<Q", value))
        except lzma.LZMAError:
            return False
        return True


@frozen
class Expected:
    """What a store says of a file: a CRC-64, or an MD5 in hexadecimal digits, or neither."""

    crc64: int | None = None
    md5: str | None = None


def expected_of(headers: Mapping[str, str]) -> Expected:
    """Read a store's answer; the CRC counts when there is one, as it is cheaper to compare."""
    crc = headers.get("x-oss-hash-crc64ecma", "").strip()
    if _CRC64_DECIMAL.fullmatch(crc) and int(crc) <= _LARGEST_CRC:
        return Expected(crc64=int(crc))
    try:
        md5 = binascii.a2b_base64(headers.get("content-md5", ""))
    except ValueError:  # no Base64, or no ASCII
        md5 = b""
    return Expected(md5=md5.hex() if len(md5) == _MD5_BYTES else None)


class Digest:
    """The bytes of a file as they move, to compare with a store's answer."""

    def __init__(self, *, md5: bool = True) -> None:
        self.size = 0
        self._crc = _CRC64()
        self._md5 = hashlib.md5() if md5 else None  # noqa: S324 - what the store tells

    def update(self, piece: bytes | memoryview) -> None:
        """Take in the next bytes."""
        self.size += len(piece)
        self._crc.update(piece)
        if self._md5 is not None:
            self._md5.update(piece)

    def difference(self, expected: Expected) -> str | None:
        """Return what does not match, or None; to be asked once, at the end."""
        if expected.crc64 is not None:
            return None if self._crc.matches(expected.crc64) else "the CRC-64"
        if expected.md5 is not None and self._md5 is not None:
            return None if self._md5.hexdigest() == expected.md5 else "the MD5"
        return None
