"""Every Python block of the documentation, and every notebook, satisfies `mypy --strict`."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import nbformat

from .pages import LANGUAGES, ROOT, Block, chains, pages

# What is let pass in a test, which stands in files of several names, and in a workflow of the
# emulator, whose inputs are of any type.
_UNTYPED = "no-untyped-def, no-untyped-call, untyped-decorator"
_OF_A_TEST = f"{_UNTYPED}, no-redef, import-not-found"
_FILE_NAME = re.compile(r"# [\w/]+\.py\n")


def test_every_block_and_notebook_is_typed(tmp_path: Path) -> None:
    for page in (page for language in LANGUAGES for page in pages(language)):
        for chain in chains(page):
            _write(chain, tmp_path)
    for notebook in (ROOT / "examples").rglob("*.ipynb"):
        cells = nbformat.read(notebook, as_version=4).cells
        source = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
        (tmp_path / f"{notebook.stem}_notebook.py").write_text(source + "\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.replace(f"{tmp_path}/", "") == ""


def _write(chain: list[Block], folder: Path) -> None:
    """Write the Python of a chain as a module of which each line is where it is in the page."""
    lines: list[str] = []
    for block in chain:
        if block.language == "python":
            lines += [""] * (block.line - len(lines))
            lines += block.code.splitlines()
    if not lines:
        return
    if _awaits("\n".join(lines)):
        lines[0] = "async def page() -> None:"
        lines[1:] = textwrap.indent("\n".join(lines[1:]), "    ").splitlines()
    if any(_FILE_NAME.match(block.code) for block in chain):
        lines[0] = f'# mypy: disable-error-code="{_OF_A_TEST}"'
    elif chain[0].page.name in ("emulator.md", "testing.md"):
        lines[0] = f'# mypy: disable-error-code="{_UNTYPED}"'
    name = re.sub(r"\W+", "_", chain[0].place)
    (folder / f"{name}.py").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _awaits(source: str) -> bool:
    """Tell whether it awaits outside of functions, as notebooks do."""
    code = compile(source, "page", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    return bool(code.co_flags & inspect.CO_COROUTINE)
