"""Run a chain of code blocks, as a reader would who copies one after another."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import inspect
import io
import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
import tomllib
from speedpix_emulator import Emulator

from .commands import Shell
from .pages import Block
from .scenes import SCENES

_LOADS = {"json": json.loads, "toml": tomllib.loads}
_FILE_NAME = re.compile(r"# ([\w/]+\.(?:py|toml))\n")


class Reader:
    """Take the blocks of one chain, one after another."""

    def __init__(self, folder: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
        self._folder = folder
        self._emulator = emulator
        self._monkeypatch = monkeypatch
        self._shell = Shell(folder)
        self._names: dict[str, Any] = {"__name__": "__main__"}

    def take(self, block: Block) -> None:
        """Run a block, and compare what it prints with what the page says."""
        if block.scene is not None:
            SCENES[block.scene](self._emulator, self._monkeypatch)
        said = self._run(block)
        if block.printed is not None:
            assert matches(said, block.printed), f"{block.place} prints:\n{said}"

    def _run(self, block: Block) -> str:
        if block.language == "sh":
            return self._shell.run(block.code)
        if block.language in _LOADS:
            _LOADS[block.language](block.code)
            return ""
        assert block.language == "python", f"{block.place}: how is {block.language!r} run?"
        named = _FILE_NAME.match(block.code)
        if named:
            return self._file(named[1], block.code)
        return self._python(block)

    def _python(self, block: Block) -> str:
        source = "\n" * block.line + block.code  # so that a traceback tells the page's line
        code = compile(source, str(block.page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            if code.co_flags & inspect.CO_COROUTINE:
                asyncio.run(eval(code, self._names))
            else:
                exec(code, self._names)
        return printed.getvalue()

    def _file(self, name: str, code: str) -> str:
        """Write a block that begins with its file's name, and run it as what it is."""
        path = self._folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(code, encoding="utf-8")
        if path.name.startswith("test_"):
            return self._shell.run(f"pytest -q {name}")
        if path.name == "conftest.py":
            return ""
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            runpy.run_path(str(path), run_name="__main__")
        return printed.getvalue()


def matches(said: str, expected: str) -> bool:
    """Tell whether a text is as expected; `…` stands for anything."""
    pattern = ".*?".join(re.escape(part) for part in _trimmed(expected).split("…"))
    return re.fullmatch(pattern, _trimmed(said), re.S) is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
