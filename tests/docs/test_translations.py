"""Chinese and English pages say the same: the same pages, headings and code."""

from __future__ import annotations

import ast
import re
from typing import Iterator

import pytest
import yaml

from .pages import READMES, ROOT, Block, blocks, folder, headings

ENGLISH = sorted(path.relative_to(folder("en")) for path in folder("en").rglob("*.md"))
CHINESE = sorted(path.relative_to(folder("zh")) for path in folder("zh").rglob("*.md"))
_BOTH = [(folder("en") / name, folder("zh") / name) for name in CHINESE if name in ENGLISH]
if READMES["zh"].exists():
    _BOTH.append((READMES["en"], READMES["zh"]))
PAIRS = pytest.mark.parametrize(
    ("english", "chinese"), [pytest.param(*both, id=both[0].name) for both in _BOTH]
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|#.*")


def test_the_pages_are_the_same():
    assert CHINESE == ENGLISH


def test_the_navigation_is_the_same():
    assert navigation("zh") == navigation("en")


def test_every_page_can_be_found():
    assert sorted(navigation("en")) == [str(name) for name in ENGLISH]


def navigation(language: str) -> list[str]:
    """Return the pages of a language, in the order of its navigation."""
    settings = yaml.safe_load((ROOT / f"mkdocs.{language}.yml").read_text(encoding="utf-8"))
    return list(_flat(settings["nav"]))


def _flat(entries: list[str | dict[str, list[str]]]) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            for section in entry.values():
                yield from _flat(section)


@PAIRS
def test_the_headings_have_the_same_levels(english, chinese):
    assert [level for level, _ in headings(chinese)] == [level for level, _ in headings(english)]


@PAIRS
def test_the_code_is_the_same_but_for_comments_and_strings(english, chinese):
    assert [bare(block) for block in blocks(chinese)] == [bare(block) for block in blocks(english)]


def bare(block: Block) -> tuple[object, ...]:
    """Return what must not differ between two languages' versions of a block."""
    return (block.language, block.continues, block.scene, block.printed is None, _bare(block))


def _bare(block: Block) -> str:
    if block.language != "python":
        return _QUOTED.sub("", block.code)
    tree = ast.parse(block.code)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)
