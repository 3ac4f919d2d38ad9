"""What is told of an error leads to the section about it, in the reader's language."""

from __future__ import annotations

from email.message import Message
from importlib import metadata
from pathlib import Path

import pytest
from pymdownx.slugs import slugify

import speedpix as package
from speedpix import SpeedPixException, exceptions
from speedpix.cli.output.pages import page_of

ROOT = Path(__file__).parents[2]
ERRORS = [
    each
    for each in vars(exceptions).values()
    if isinstance(each, type) and issubclass(each, SpeedPixException)
]


def test_every_error_has_its_section_in_both_languages():
    assert {each.__name__ for each in ERRORS} <= set(package.__all__)
    for language in ("en", "zh"):
        for error in ERRORS:
            place, _, section = page_of(error("what happened"), chinese=language == "zh").partition(
                "#"
            )
            assert place == f"docs/{language}/errors.md"
            assert not section or section in sections(ROOT / place)
            assert bool(section) is (error is not SpeedPixException)


def sections(page):
    """Return the anchors that the site makes of a page's headings, as mkdocs.yml tells."""
    anchor = slugify(case="lower")
    lines = page.read_text("utf-8").splitlines()
    return {anchor(line.lstrip("# "), "-") for line in lines if line.startswith("#")}


@pytest.mark.parametrize(("locale", "language"), [("C.UTF-8", "en"), ("zh_CN.UTF-8", "zh")])
def test_the_command_line_names_the_page(speedpix, locale, language):
    done = speedpix("run", "no-such-workflow", LANG=locale)
    assert done.err.rstrip().endswith(f"docs/{language}/errors.md#notfounderror")
    assert "errors.md" not in speedpix("run", "no-such-workflow", "--json", LANG=locale).out


def test_a_published_documentation_is_linked(monkeypatch):
    told = Message()
    told["Project-URL"] = "Source, https://code.test/speedpix"
    told["Project-URL"] = "Documentation, https://docs.test/speedpix/"
    monkeypatch.setattr(metadata, "metadata", lambda _name: told)
    page = page_of(exceptions.RateLimitError("too many"), chinese=True)
    assert page == "https://docs.test/speedpix/zh/errors.html#ratelimiterror"
