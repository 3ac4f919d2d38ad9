"""How the command line starts: quickly, under two names, and with a word on what is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import speedpix as package


@pytest.mark.parametrize("command", [["--help"], ["run", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(speedpix, command):
    done = speedpix(*command, PYTHONWARNINGS="ignore", PYTHONPROFILEIMPORTTIME="1")
    assert done.code == 0
    imported = {line.rpartition("|")[2].strip() for line in done.err.splitlines()}
    assert "click" in imported
    assert not imported & {"httpx", "httpcore", "speedpix_api", "rich.console", "sqlite3"}


def test_the_version(speedpix):
    done = speedpix("--version")
    assert (done.code, done.out) == (0, f"speedpix {package.__version__}\n")


def test_the_installed_command_is_the_same(surroundings):
    script = Path(sys.executable).with_name("speedpix")
    done = subprocess.run(
        [script, "--version"], env=surroundings, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"speedpix {package.__version__}\n"


def test_help_names_every_command(speedpix):
    listed = speedpix("--help").out.partition("Commands:\n")[2].partition("\n\n")[0]
    names = {line.split()[0] for line in listed.splitlines()}
    assert names == {
        *("run", "batch", "status", "wait", "save", "list", "mcp", "upload", "emulator", "doctor"),
        "completion",
    }
    assert "..." not in listed  # every command says what it does in one line


@pytest.mark.parametrize("module", ["click", "rich"])
def test_without_the_extra(speedpix, blocked, module):
    done = speedpix("list", **blocked(module))
    assert (done.code, done.out) == (1, "")
    assert done.err == f"the speedpix command needs {module}; in the clone: pip install '.[cli]'\n"


@pytest.mark.parametrize(
    ("command", "line"),
    [
        ([], "  speedpix doctor\n"),
        (["run"], "  speedpix run WORKFLOW --input - --json < input.json\n"),
        (["completion"], "  zsh:   speedpix completion zsh >> ~/.zshrc"),
    ],
)
def test_examples_of_the_help_keep_their_lines(speedpix, command, line):
    told = speedpix(*command, "--help").out
    assert line in told
    assert "\\b" not in told
