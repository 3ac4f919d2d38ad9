"""Where the history is kept, by platform."""

from __future__ import annotations

from pathlib import Path

import pytest

from speedpix.cli.connecting import default_history


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {}, "/home/me/.local/state/speedpix/history.sqlite3"),
        ("linux", {"XDG_STATE_HOME": "/state"}, "/state/speedpix/history.sqlite3"),
        ("linux", {"XDG_STATE_HOME": "state"}, "/home/me/.local/state/speedpix/history.sqlite3"),
        ("darwin", {}, "/home/me/Library/Application Support/speedpix/history.sqlite3"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/speedpix/history.sqlite3"),
        ("win32", {}, "/home/me/AppData/Local/speedpix/history.sqlite3"),
    ],
)
def test_the_platforms_place(platform, environment, expected):
    assert default_history(platform, environment, "/home/me") == Path(expected)


def test_a_user_without_a_home_has_no_history(speedpix):
    assert speedpix("doctor", HOME="nowhere").code == 0
