"""A download's bytes as they were before a `Content-Encoding`, piece by piece."""

from __future__ import annotations

import zlib
from typing import Iterator

from ..constants import CHUNK_SIZE, WRITE_SIZE

_GZIP, _GZIP_MAGIC = ("gzip", "x-gzip"), b"\x1f\x8b"
_WITH_GZIP_HEADER = 16 + zlib.MAX_WBITS  # zlib's manual, inflateInit2


class Content:
    """What a store's bytes mean: those of gzip, asked for or not, are decompressed.

    Bytes that only claim to be gzip, and what is encoded otherwise, stay as they are.
    """

    def __init__(self, encoding: str) -> None:
        self._gzip = encoding.strip().lower() in _GZIP
        self._decoder: zlib._Decompress | None = None
        self._begun = b""

    @property
    def is_plain(self) -> bool:
        """Tell whether the bytes so far are what the store sent."""
        return not self._gzip

    @property
    def is_whole(self) -> bool:
        """Tell whether nothing is missing at the end."""
        return self._decoder.eof if self._decoder is not None else not self._begun

    def pieces(self, piece: memoryview) -> Iterator[memoryview]:
        """Return the meaning of the next bytes, at most CHUNK_SIZE at a time.

        Raises:
            zlib.error: they are damaged.
        """
        for start in range(0, len(piece), WRITE_SIZE):
            part = piece[start : start + WRITE_SIZE]
            yield from self._decoded(part) if self._gzip else (part,)

    def _decoded(self, part: memoryview) -> Iterator[memoryview]:
        rest, self._begun = self._begun + part, b""
        while rest:
            if self._decoder is None or self._decoder.eof:
                if len(rest) < len(_GZIP_MAGIC):
                    self._begun = rest
                    return
                if not rest.startswith(_GZIP_MAGIC):
                    if self._decoder is None:
                        self._gzip = False
                        yield memoryview(rest)
                    return  # what follows the end of gzip is padding
                self._decoder = zlib.decompressobj(_WITH_GZIP_HEADER)
            found = self._decoder.decompress(rest, CHUNK_SIZE)
            if found:
                yield memoryview(found)
            rest = self._decoder.unused_data or self._decoder.unconsumed_tail
