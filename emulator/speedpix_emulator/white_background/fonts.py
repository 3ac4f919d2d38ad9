"""Fonts from installed packages: Noto Sans CJK, and Noto fonts for what it lacks."""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

from attrs import frozen
from PIL import ImageFont

CJK_PACKAGE, CJK_FILE = "manimgx_fonts_cjk", "NotoSansCJK-VF.otf.ttc"
FURTHER_PACKAGE = "manimgx_fonts"
SIMPLIFIED_CHINESE = 2
"""The face's place in the collection, after Japanese and Korean."""

WEIGHT = 500
"""Medium: legible when small, not loud when large."""

PROBE_PIXELS = 24
NO_CHARACTER = "\U0010ffff"
"""A noncharacter, which every font shows as its box for missing glyphs."""


@frozen
class Face:
    """One font file."""

    file: str
    index: int = 0

    def at(self, pixels: int) -> ImageFont.FreeTypeFont:
        """Return the font at a size, in pixels."""
        return _font(self, pixels, ImageFont.Layout.RAQM)

    def has(self, character: str) -> bool:
        """Return whether the font has a glyph for the character."""
        return character.isspace() or _ink(self, character) != _ink(self, NO_CHARACTER)


@lru_cache(maxsize=256)
def _font(face: Face, pixels: int, layout: ImageFont.Layout) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(face.file, pixels, face.index, layout_engine=layout)
    font.set_variation_by_axes([WEIGHT])
    return font


@lru_cache(maxsize=4096)
def _ink(face: Face, character: str) -> tuple[tuple[int, int], bytes]:
    # Shaping would put a dotted circle under a lone combining mark, whether the font has it or not.
    mask = _font(face, PROBE_PIXELS, ImageFont.Layout.BASIC).getmask(character)
    return mask.size, bytes(mask)


@lru_cache(maxsize=1)
def main_face() -> Face:
    """Return the font for Chinese, Japanese, Korean and Latin text."""
    return Face(str(_folder(CJK_PACKAGE) / CJK_FILE), SIMPLIFIED_CHINESE)


@lru_cache(maxsize=1)
def further_faces() -> list[Face]:
    """Return the fonts for other scripts, symbols and emoji."""
    files = sorted(_folder(FURTHER_PACKAGE).glob("*.ttf"))
    return [Face(str(file)) for file in files if "Italic" not in file.name]


@lru_cache(maxsize=4096)
def face_for(character: str) -> Face | None:
    """Return a font that has the character; None when there is none."""
    for face in [main_face(), *further_faces()]:
        if face.has(character):
            return face
    return None


def _folder(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        message = f"the package {package} is missing; in the clone: pip install '.[emulator]'"
        raise RuntimeError(message)
    return Path(found.submodule_search_locations[0])
