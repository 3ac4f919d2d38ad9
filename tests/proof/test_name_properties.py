"""Whatever a server calls a file: its name on disk is one that every system takes."""

from __future__ import annotations

import re
from pathlib import PurePosixPath, PureWindowsPath

import pytest
from hypothesis import example, given, strategies as st

from speedpix.values.names import safe_name

from .values import bounded

LONGEST = 150  # characters
DEVICES = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?", re.I)

segments = st.sampled_from(
    [
        "..",
        ".",
        "/",
        "\\",
        "C:",
        "con",
        "NUL",
        "Com1",
        "lpt9",
        ".png",
        ".tar.gz",
        " ",
        "\0",
        "\n",
        "?",
        "*",
        "%2e%2e%2f",
        "图" * 90,
        "a" * 160,
        "\ud800",
        "~",
    ]
)
names = st.text() | st.lists(segments | st.text(max_size=4), max_size=8).map("".join)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    return tmp_path_factory.mktemp("names")


@bounded
@given(names)
@example("a" * 149 + " b")
@example("图" * 150 + ".png")
def test_a_safe_name_is_a_name_on_every_system(directory, name):
    safe = safe_name(name)
    assert safe
    assert not re.search(r'[\x00-\x1f\x7f<>:"/\\|?*]', safe)
    assert PurePosixPath(safe).name == PureWindowsPath(safe).name == safe
    assert safe.strip(". ") == safe
    assert not DEVICES.fullmatch(safe)
    assert len(safe) <= LONGEST
    assert safe_name(safe) == safe
    # The name of what is being fetched into, beside it, is longer still.
    part = directory / f".{safe}.{'0' * 8}.part"
    part.write_bytes(b"")
    assert [path.name for path in directory.iterdir()] == [part.name]
    part.unlink()


@bounded
@given(st.from_regex(r"[a-z0-9_-]{1,40}\.(png|jpg|mp4)", fullmatch=True))
def test_an_ordinary_name_is_kept(name):
    assert safe_name(name) in (name, f"_{name}")
    assert safe_name(f"../../{name}") == safe_name(name)
