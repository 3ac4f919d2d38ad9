"""The log: one logger, whose warnings are seen, and all else when it is asked for."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

SCRIPT = """
import os, sys
from speedpix import Client
from speedpix.logs import logger
Client("key", "secret"); Client("key", "secret")
logger.info("an information"); logger.debug("a detail"); logger.warning("a warning")
print(len(logger.handlers))
"""


@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("", ["a warning"]),
        ("nonsense", ["a warning"]),
        ("info", ["an information", "a warning"]),
        ("DEBUG", ["an information", "a detail", "a warning"]),
    ],
)
def test_the_environment_asks_for_a_log(asked, shown, monkeypatch):
    """Ask another interpreter: what is configured here stays configured."""
    monkeypatch.setenv("SPEEDPIX_LOG", asked)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    lines = done.stderr.splitlines()
    assert len(lines) == len(shown)
    assert all(line.endswith(text) for line, text in zip(lines, shown))
    assert int(done.stdout) == (asked in ("info", "DEBUG"))


def test_there_is_one_logger():
    names = [name for name in logging.root.manager.loggerDict if name.startswith("speedpix")]
    assert {name for name in names if "emulator" not in name and "api" not in name} == {"speedpix"}
