"""Set a text of any length and script into lines of a given width."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Tuple

from attrs import frozen
from PIL import ImageDraw

from .fonts import Face, face_for, main_face

Run = Tuple[Face, str]

LINE_HEIGHT = 1.45
"""Baseline to baseline, in font sizes: Chinese wants more air than Latin."""

GLYPH_MIDDLE = 0.4
"""The middle of a Chinese glyph above its baseline, in font sizes."""

SIZES = (64, 56, 48, 42, 36, 32, 28, 24)
"""Font sizes in thousandths of the canvas width, tried from the largest."""

LINES_AT_MOST = {64: 1, 56: 2, 48: 2, 42: 3, 36: 4, 32: 5, 28: 6}
"""Lines that still look well at a size; at the smallest, LINES_IN_ALL."""

LINES_IN_ALL = 14
LONGEST_TEXT = 4_000
"""Characters that are looked at: more than fit on LINES_IN_ALL lines."""

ELLIPSIS = "…"

NOT_FIRST = set("，。、；：？！）》】」』”’…—%·,.;:?!)]}%")
"""Punctuation that never begins a line."""

NOT_LAST = set("（《【「『“‘([{")
"""Punctuation that never ends a line."""

WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
"""Characters between which a line may break without a space."""

INVISIBLE = re.compile(
    "[\ufe00-\ufe0f\u200b-\u200f\u2060\ufeff\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff]"
)
"""Joiners, variation selectors, skin tones and tags: without them a glyph of its own remains."""


@frozen
class Line:
    """A line of text, as runs of one font each; `width` in pixels."""

    runs: tuple[Run, ...]
    width: float

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.runs)


@frozen
class Block:
    """Lines set at one size, in pixels."""

    lines: tuple[Line, ...]
    size: int

    @property
    def height(self) -> int:
        """Return the height of all lines, in pixels."""
        return round(len(self.lines) * self.size * LINE_HEIGHT)

    def draw(self, draw: ImageDraw.ImageDraw, center: float, top: float, color: str) -> None:
        """Draw the lines, each centred on `center`."""
        for number, line in enumerate(self.lines):
            middle = top + (number + 0.5) * self.size * LINE_HEIGHT
            baseline = middle + GLYPH_MIDDLE * self.size
            x = center - line.width / 2
            for face, text in line.runs:
                font = face.at(self.size)
                draw.text((x, baseline), text, font=font, fill=color, anchor="ls")
                x += font.getlength(text)


def set_text(text: str, width: float, canvas_width: int) -> Block:
    """Return the text at the largest size at which it looks well within `width` pixels."""
    words = _words(_clean(text[:LONGEST_TEXT]))
    if not words:
        return Block((), 0)
    lines: list[str] = []
    size = 0
    for thousandths in SIZES:
        size = max(1, canvas_width * thousandths // 1000)
        lines = _wrap(words, width, size, LINES_IN_ALL + 1)
        if len(lines) <= LINES_AT_MOST.get(thousandths, LINES_IN_ALL):
            return Block(_set(_balanced(words, lines, width, size), size), size)
    shown = lines[:LINES_IN_ALL]
    shown[-1] = _shortened(shown[-1], width, size)
    return Block(_set(shown, size), size)


def _clean(text: str) -> str:
    """Return the text without what no font shows."""
    visible = INVISIBLE.sub("", unicodedata.normalize("NFC", text))
    return "".join(letter for letter in visible if letter.isspace() or _can_be_shown(letter))


def _can_be_shown(letter: str) -> bool:
    return letter.isprintable() and face_for(letter) is not None


def _words(text: str) -> list[str]:
    """Return the pieces between which a line may break; a newline is a piece of its own."""
    words: list[str] = []
    for line in text.strip().splitlines():
        pieces: list[str] = []
        for letter in re.sub(r"\s+", " ", line.strip()):
            if pieces and not _may_break(pieces[-1][-1], letter):
                pieces[-1] += letter
            else:
                pieces.append(letter)
        words += [*pieces, "\n"]
    return words[:-1]


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in NOT_FIRST or before in NOT_LAST:
        return False
    return before == " " or bool(WIDE.match(before)) or bool(WIDE.match(after))


def _wrap(words: list[str], width: float, size: int, most: int) -> list[str]:
    lines = [""]
    for word in words:
        if word == "\n":
            lines.append("")
        elif _width(lines[-1] + word.rstrip(), size) <= width:
            lines[-1] += word
        else:
            if not lines[-1]:
                lines.pop()
            lines += _parts(word, width, size)
        if len(lines) > most:
            break
    return [line.strip() for line in lines]


def _parts(word: str, width: float, size: int) -> list[str]:
    """Return a word in parts that fit the width."""
    parts = [""]
    for letter in word:
        if parts[-1] and _width(parts[-1] + letter.rstrip(), size) > width:
            parts.append("")
        parts[-1] += letter
    return parts


def _balanced(words: list[str], lines: list[str], width: float, size: int) -> list[str]:
    """Return as many lines, of more equal length: the narrowest width that needs no more."""
    low, high = 0.0, width
    for _ in range(8):
        middle = (low + high) / 2
        tried = _wrap(words, middle, size, len(lines))
        if len(tried) <= len(lines) and all(_width(line, size) <= middle for line in tried):
            high, lines = middle, tried
        else:
            low = middle
    return lines


def _shortened(line: str, width: float, size: int) -> str:
    while line and _width(line + ELLIPSIS, size) > width:
        line = line[:-1]
    return line + ELLIPSIS


def _set(lines: list[str], size: int) -> tuple[Line, ...]:
    return tuple(_set_line(line, size) for line in lines)


def _set_line(text: str, size: int) -> Line:
    runs = tuple(_runs(text))
    return Line(runs, sum(face.at(size).getlength(run) for face, run in runs))


def _runs(text: str) -> list[Run]:
    runs: list[Run] = []
    for letter in text:
        face = face_for(letter) or main_face()
        if runs and (runs[-1][0] == face or _belongs_to(runs[-1][0], letter)):
            runs[-1] = (runs[-1][0], runs[-1][1] + letter)
        else:
            runs.append((face, letter))
    return runs


def _belongs_to(face: Face, letter: str) -> bool:
    """Return whether a combining mark can stay in the font of the letter before it."""
    return unicodedata.category(letter).startswith("M") and face.has(letter)


def _width(text: str, size: int) -> float:
    """Return about the width of a text: exact but for kerning, and quick."""
    return sum(_advance(letter, size) for letter in text)


@lru_cache(maxsize=8192)
def _advance(letter: str, size: int) -> float:
    return (face_for(letter) or main_face()).at(size).getlength(letter)
