"""MD5 and CRC-64 of a stream, as the object store gives them."""

from __future__ import annotations

import hashlib

from fastcrc import crc64


class Checksums:
    """MD5 and CRC-64/XZ of bytes that arrive in pieces."""

    def __init__(self) -> None:
        self._md5 = hashlib.md5()  # noqa: S324 (the store's ETag is an MD5)
        self._crc = 0

    def update(self, piece: bytes) -> None:
        self._md5.update(piece)
        self._crc = crc64.xz(piece, self._crc)

    @property
    def md5(self) -> str:
        """Return the MD5 so far, as 32 upper-case hexadecimal digits."""
        return self._md5.hexdigest().upper()

    @property
    def crc64(self) -> int:
        """Return the CRC-64/XZ so far, unsigned."""
        return self._crc
