"""Every Python block of the README runs as it stands, and its tables are complete."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image
from speedpix_emulator import Failure

import speedpix
from speedpix import SpeedPixException

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
SECTIONS = [part.partition("\n")[::2] for part in README.split("\n## ")[1:]]
BLOCKS = [
    pytest.param(code, id=f"{title}-{number}")
    for title, text in SECTIONS
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", text, re.DOTALL), 1)
]
ERRORS = next(code.values[0] for code in BLOCKS if code.id == "Errors-1")


@pytest.fixture(autouse=True)
def surroundings(emulator, environment, tmp_path, monkeypatch, picture):
    """What the README takes for granted: variables, a photo and a published workflow."""
    monkeypatch.chdir(tmp_path)
    picture(tmp_path / "input.jpg")

    @emulator.workflow("your-workflow-id", outputs={"images": "image"})
    def any_picture(inputs):
        return {"images": Image.new("RGB", (64, 48), "teal")}


@pytest.mark.parametrize("code", BLOCKS)
def test_a_block_runs(emulator, capsys, code):
    if "white-background" in code:
        emulator.next_run("white-background", duration=0, queue=())

    exec(compile(code, "README.md", "exec"), {})

    assert "went wrong" not in capsys.readouterr().out
    for saved in re.findall(r'save\("(.+?)"\)', code):
        with Image.open(saved) as image:
            image.load()


def test_the_block_on_errors_tells_of_a_failed_run(emulator, capsys):
    emulator.next_run("your-workflow-id", failure=Failure("out of memory"))

    exec(compile(ERRORS, "README.md", "exec"), {})

    said = capsys.readouterr().out
    assert said == f"the run failed: {emulator.jobs[-1].id} out of memory\n"


def test_the_block_on_errors_tells_of_a_refused_call(monkeypatch, capsys):
    monkeypatch.setenv("SPEEDPIX_APP_SECRET", "another secret")

    exec(compile(ERRORS, "README.md", "exec"), {})

    assert capsys.readouterr().out.startswith("it went wrong: Invalid Signature")


def test_the_table_of_errors_has_every_error():
    exported = {
        name
        for name in speedpix.__all__
        if isinstance(getattr(speedpix, name), type)
        and issubclass(getattr(speedpix, name), SpeedPixException)
    }

    assert set(re.findall(r"^\| `(\w+)` \|.*\|.*\|$", dict(SECTIONS)["Errors"], re.MULTILINE)) == (
        exported - {"SpeedPixException"}
    )


def test_the_commands_exist():
    targets = re.findall(r"^(\S+):", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", README, re.MULTILINE)) <= set(targets)
