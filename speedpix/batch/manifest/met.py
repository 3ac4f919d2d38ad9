"""Which rows of a manifest a call met where they stood before: a bit each."""

from __future__ import annotations

from typing import Iterable

_BLOCK = 4096  # rows: their bits fit into a page of the manifest


class Met:
    """The rows that a call met where they stood before, as most are met."""

    def __init__(self, blocks: Iterable[tuple[int, bytes]]) -> None:
        self._blocks = {block: bytearray(bits) for block, bits in blocks}
        self._changed: set[int] = set()

    def add(self, row: int) -> None:
        """Count a row as met."""
        block, place = divmod(row, _BLOCK)
        self._blocks.setdefault(block, bytearray(_BLOCK // 8))[place >> 3] |= 1 << (place & 7)
        self._changed.add(block)

    def __contains__(self, row: int) -> bool:
        block, place = divmod(row, _BLOCK)
        return bool(block in self._blocks and self._blocks[block][place >> 3] >> (place & 7) & 1)

    def changes(self) -> list[tuple[int, bytes]]:
        """Return the blocks that changed since they were asked for last."""
        changed, self._changed = self._changed, set()
        return [(block, bytes(self._blocks[block])) for block in changed]
