"""Read the documentation's pages: their headings, and their code blocks with what is said of them.

A comment right before a block says how it is to be taken:

- `<!-- continues -->`: it goes on where the block before it ended, with its names and files.
- `<!-- scene: the run fails -->`: the service is prepared so first (`scenes.py`).
- `<!-- not run: because … -->`: it is not run, for that reason.

A `text` block is what the block before it prints; `…` in it stands for anything.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Iterator

from attrs import evolve, field, frozen

ROOT = Path(__file__).parents[2]
LANGUAGES = ("en", "zh")
READMES = {"en": ROOT / "README.md", "zh": ROOT / "README.zh-CN.md"}

_FENCE = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)\n(?P<code>.*?)\n(?P=indent)```$", re.M | re.S
)
_COMMENT = re.compile(r"<!-- ((?:(?!-->).)+) -->", re.S)
_COMMENTS = re.compile(rf"(?:{_COMMENT.pattern}\s*)+\Z", re.S)
_HEADING = re.compile(r"^(#+) (.+)$", re.M)
_REASON = "not run: "
_SCENE = "scene: "


@frozen
class Block:
    """A code block of a page; `printed` is what it should print, None when nothing is said."""

    page: Path
    line: int
    language: str
    code: str = field(repr=False)
    said: tuple[str, ...] = ()
    printed: str | None = None

    @property
    def continues(self) -> bool:
        return "continues" in self.said

    @property
    def reason(self) -> str | None:
        """Return why it is not run, if it is not."""
        return self._after(_REASON)

    @property
    def scene(self) -> str | None:
        """Return how the service is prepared."""
        return self._after(_SCENE)

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def _after(self, prefix: str) -> str | None:
        found = (each[len(prefix) :] for each in self.said if each.startswith(prefix))
        return next(found, None)


def pages(language: str) -> list[Path]:
    """Return the README and the pages of a language."""
    readme = READMES[language]
    return [each for each in (readme,) if each.exists()] + sorted(folder(language).rglob("*.md"))


def folder(language: str) -> Path:
    return ROOT / "docs" / language


def blocks(page: Path) -> list[Block]:
    """Return the code blocks of a page, with what they print."""
    found: list[Block] = []
    for block in _fences(page):
        if block.language == "text" and not block.said:
            assert found, f"{block.place}: the output of nothing"
            found[-1] = evolve(found[-1], printed=block.code)
        else:
            found.append(block)
    return found


def chains(page: Path) -> list[list[Block]]:
    """Return the code blocks of a page that are run, each with those that continue it."""
    found: list[list[Block]] = []
    for block in blocks(page):
        if block.reason is not None:
            continue
        if block.continues:
            found[-1].append(block)
        else:
            found.append([block])
    return found


def headings(page: Path) -> list[tuple[int, str]]:
    """Return the headings of a page: level and text."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    return [(len(marks), title) for marks, title in _HEADING.findall(text)]


def _fences(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    matched = list(_FENCE.finditer(text))
    assert text.count("```") == 2 * len(matched), f"{page}: a code block without an end"
    for match in matched:
        comments = _COMMENTS.search(text, 0, match.start())
        yield Block(
            page,
            text.count("\n", 0, match.start()) + 1,
            match["language"],
            textwrap.dedent(match["code"]) + "\n",
            tuple(_COMMENT.findall(comments[0])) if comments else (),
        )
