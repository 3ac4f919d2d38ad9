"""The links of pages outside the site lead somewhere; `make docs` checks those of the site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .pages import READMES, ROOT, headings

PAGES = [*READMES.values(), ROOT / "CONTRIBUTING.md", ROOT / "examples" / "README.md"]
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)#?([^)]*)\)")


def anchor(title: str) -> str:
    """Return what code hosts make of a heading."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def is_there(path: Path, part: str) -> bool:
    return path.exists() and (not part or part in {anchor(title) for _, title in headings(path)})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    links = _LINK.findall(page.read_text(encoding="utf-8"))
    broken = [link for link in links if not is_there(page.parent / link[0], link[1])]
    assert broken == []
