"""The snippets are the guide's code, line by line; only the indentation is restored."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
# The guide itself is not part of this repository; it lies beside a developer's checkout.
GUIDE = HERE.parents[2] / "shared" / "guide" / "python-sdk-guide.zh.txt"
# For each snippet, its first and last line in the guide (from 1), and the SHA-256 of these
# lines, each without leading and trailing white space, joined by newlines.
MANIFEST = json.loads((HERE / "manifest.json").read_text(encoding="utf-8"))

needs_guide = pytest.mark.skipif(
    not GUIDE.exists(), reason="the guide's text is not beside this checkout; its digests are used"
)

# A line that begins as code does, in Python or in a shell, or that only closes brackets.
CODE = re.compile(
    r"""(\#|(from|import|def|async|await|if|else|for|with|try|except|return)\b
    |(export|python|pip|uv|source|ls)\s
    |\w+(\.\w+|\[[^]]*\])*(\(|\s*=|,$)
    |["']\w+["']\s*:
    |[)\]}]+,?$)""",
    re.ASCII | re.VERBOSE,
)


def stripped(text):
    return [line.strip() for line in text.splitlines()]


def digest(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def guide_lines():
    return stripped(GUIDE.read_text(encoding="utf-8"))


def test_the_manifest_lists_every_snippet():
    assert sorted(path.name for path in (HERE / "snippets").iterdir()) == sorted(MANIFEST)


@pytest.mark.parametrize("name", MANIFEST)
def test_a_snippet_has_the_digest_of_the_guides_lines(name):
    text = (HERE / "snippets" / name).read_text(encoding="utf-8")

    assert digest(stripped(text)) == MANIFEST[name]["sha256"]


@needs_guide
def test_the_snippets_are_the_guides_lines():
    lines = guide_lines()

    for name, (first, last) in ((name, entry["lines"]) for name, entry in MANIFEST.items()):
        text = (HERE / "snippets" / name).read_text(encoding="utf-8")
        assert stripped(text) == lines[first - 1 : last], name


@needs_guide
def test_the_guide_has_no_code_outside_the_snippets():
    taken = {
        number
        for first, last in (entry["lines"] for entry in MANIFEST.values())
        for number in range(first, last + 1)
    }

    assert not [
        (number, line)
        for number, line in enumerate(guide_lines(), 1)
        if number not in taken and CODE.match(line)
    ]


def test_every_snippet_is_run():
    tests = "".join(path.read_text(encoding="utf-8") for path in HERE.glob("test_*.py"))

    assert set(re.findall(r'"(\d\d_\w+\.(?:py|sh))"', tests)) == set(MANIFEST)
