"""Run the commands of the documentation, each for what it is."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import tomllib

from .pages import ROOT

SECONDS = 180  # a machine may be busy with other tests
TARGETS = frozenset(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
_EXTRAS = frozenset(_PROJECT["optional-dependencies"])
# Only from the clone: until 2.0 is published, the index has another client by this name.
_INSTALLED = re.compile(r"\.(?:\[([a-z,]+)\])?")
# What may be installed beside the project itself.
_OTHERS = frozenset(("speedpix==1.0.4",))
_PROGRAMS = ("python", "speedpix", "pytest", "echo")
_ASSIGNMENT = re.compile(r"\w+=")
_PREFIX = ".venv/bin/"  # of programs in the README; here they are on the PATH
_PORT = re.compile(r" --port \d+")
_URL = re.compile(r"http://127\.0\.0\.1:\d+")
_SERVES = re.compile(r"(?:python -m speedpix_emulator|speedpix emulator)\b")


class Shell:
    """Run the commands of a page, in a folder and an environment."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._environment = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONIOENCODING": "utf-8",
            "NO_COLOR": "1",
            # Readers have no plugin that takes two seconds to import.
            "PYTEST_ADDOPTS": "-p no:schemathesis -p no:cacheprovider",
        }

    def run(self, code: str) -> str:
        """Run a block; return all it printed."""
        code = code.replace(_PREFIX, "")
        commands = [line for line in code.splitlines() if line.strip() and line[0] != "#"]
        if _SERVES.match(commands[0]):
            return self._served(*commands)
        return self._done("\n".join(filter(self._is_run, commands)))

    def _is_run(self, command: str) -> bool:
        """Tell whether a line is for the shell; else it is checked here, or it fails."""
        words = shlex.split(command, comments=True)
        if words[0] == "make":
            assert set(words[1:]) <= TARGETS, f"no such target: {command}"
            return False
        if words[:2] in (["pip", "install"], ["uv", "add"]):
            _check_requirements(words[2:])
            return False
        if words[0] == "export":
            self._environment.update(word.split("=", 1) for word in words[1:])
            return False
        known = command.startswith(" ") or _ASSIGNMENT.match(command) or words[0] in _PROGRAMS
        assert known, f"what is this command? {command}"
        return True

    def _done(self, script: str) -> str:
        done = subprocess.run(
            ["bash", "-ec", script],
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"{script}: exit code {done.returncode}\n{done.stdout}"
        return done.stdout

    def _served(self, command: str) -> str:
        """Start a server on a free port, and stop it when it has said where it is."""
        with subprocess.Popen(
            ["bash", "-c", f"exec {_PORT.sub('', command)} --port 0"],
            cwd=self._folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        ) as process:
            said = ""
            try:
                for line in process.stdout:
                    said += line
                    if _URL.search(line):
                        break
            finally:
                process.terminate()
            said += process.stdout.read()
        assert _URL.search(said), f"{command}: does not serve"
        return _URL.sub("http://127.0.0.1:8765", said)


def _check_requirements(words: list[str]) -> None:
    for word in words:
        if word.startswith("-") or word in _OTHERS:
            continue
        found = _INSTALLED.fullmatch(word)
        assert found, f"not this project: {word}"
        extras = set(found[1].split(",")) if found[1] else set()
        assert extras <= _EXTRAS, f"no such extra: {word}"
