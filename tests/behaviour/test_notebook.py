"""Real notebooks, executed by a real kernel: what each cell shows."""

from __future__ import annotations

import ast
import os
import pickle
import shutil
from html import unescape
from pathlib import Path

import nbformat
import pytest
from IPython.core.formatters import DisplayFormatter
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from speedpix_emulator import OutputFile

from speedpix import Client

from .conftest import VIDEO, png

EXAMPLES = Path(__file__).parents[2] / "examples"
KERNEL_SECONDS = 120  # a kernel that takes longer over a cell is broken
SOUND = b"RIFF\0\0\0\0WAVEfmt " + bytes(64)

SETUP = "import pickle\noutputs = pickle.load(open('outputs.pickle', 'rb'))"
# What the cells of a notebook show, in this order.
SHOWN = {
    "gallery": "outputs['files']",
    "gallery again": "outputs['files']",
    "picture": "outputs['files']['picture']",
    "url": "outputs['files']['picture']['url']",
    "clip": "outputs['files']['clip']",
    "song": "outputs['files']['song']",
    "unreachable": "outputs['unreachable']",
    "text": "outputs['text']",
}


def execute(notebook, folder):
    """Execute a notebook in a folder; return what each of its code cells gave as its result."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("SPEEDPIX_")]:
            patch.delenv(name)
        resources = {"metadata": {"path": str(folder)}}
        NotebookClient(notebook, timeout=KERNEL_SECONDS, resources=resources).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    results = [
        [each.data for each in cell.outputs if each.output_type == "execute_result"]
        for cell in cells
    ]
    return [found[0] if found else None for found in results]


@pytest.fixture(scope="module")
def outputs(emulator, clock):
    """Outputs to be shown, of which nothing has been fetched."""

    @emulator.workflow(
        "shown", inputs={}, outputs={"picture": "image", "clip": "video", "song": "audio"}
    )
    def shown():
        return {
            "picture": png(200, (40, 30)),
            "clip": OutputFile(VIDEO, "clip.mp4", "video/mp4"),
            "song": OutputFile(SOUND, "song.wav", "audio/wav"),
        }

    options = {"endpoint": emulator.url, "clock": clock}
    with Client(emulator.app_key, emulator.app_secret, **options) as client:
        yield {
            "files": client.run("shown", {}),
            "unreachable": client.run("echo", {"url": "http://127.0.0.1:1/a.png", "type": "image"}),
            "text": client.run("echo", {"text": "一幅画"}),
        }


@pytest.fixture(scope="module")
def notebook(emulator, outputs, tmp_path_factory):
    """What each cell showed, by its name, and how many files were fetched for all of them."""
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "outputs.pickle").write_bytes(pickle.dumps(outputs))
    before = emulator.count("get")
    cells = [new_code_cell(source) for source in (SETUP, *SHOWN.values())]
    _, *results = execute(new_notebook(cells=cells), folder)
    return dict(zip(SHOWN, results, strict=True)), emulator.count("get") - before


def test_an_output_is_shown_as_a_gallery(notebook):
    html = notebook[0]["gallery"]["text/html"]
    assert html.count('<img src="data:image/png;base64,') == 1
    assert html.count("<video controls") == html.count("<audio controls") == 1
    assert [html.count(f">{name}</figcaption>") for name in ("picture", "clip", "song")] == [1] * 3


def test_a_file_and_its_url_are_shown_alike(notebook):
    shown, _ = notebook
    assert shown["picture"]["text/html"] == shown["url"]["text/html"]
    assert "picture.png · 40 × 30" in shown["picture"]["text/html"]


@pytest.mark.parametrize(("name", "tag"), [("clip", "video"), ("song", "audio")])
def test_a_video_and_a_sound_have_players(notebook, outputs, name, tag):
    html = unescape(notebook[0][name]["text/html"])
    assert f"<{tag} controls " in html
    assert f'src="{outputs["files"][name].url}"' in html


def test_a_picture_is_fetched_once_however_often_it_is_shown(notebook):
    shown, fetched = notebook
    assert shown["gallery"]["text/html"] == shown["gallery again"]["text/html"]
    assert fetched == 1


def test_what_cannot_be_fetched_is_told_and_breaks_nothing(notebook):
    html = unescape(notebook[0]["unreachable"]["text/html"])
    assert "can't be shown: " in html
    assert 'href="http://127.0.0.1:1/a.png"' in html


def test_an_output_without_files_is_text(notebook):
    assert set(notebook[0]["text"]) == {"text/plain"}


def test_the_text_of_each_is_that_of_a_plain_value(notebook, outputs):
    for name, found in (
        ("gallery", outputs["files"]),
        ("picture", outputs["files"]["picture"]),
        ("url", outputs["files"]["picture"]["url"]),
        ("text", outputs["text"]),
    ):
        assert ast.literal_eval(notebook[0][name]["text/plain"]) == found


def test_in_a_terminal_only_text_is_shown_and_nothing_fetched(outputs, emulator):
    before = emulator.count("get")
    terminal = DisplayFormatter(active_types=["text/plain"])
    for value in (
        outputs["files"],
        outputs["files"]["picture"],
        outputs["files"]["picture"]["url"],
    ):
        plain = str.__str__(value) if isinstance(value, str) else dict(value)
        assert terminal.format(value) == terminal.format(plain)
        assert set(terminal.format(value)[0]) == {"text/plain"}
    assert emulator.count("get") == before


def test_the_example_works_with_an_emulator_of_its_own(tmp_path):
    shutil.copy(EXAMPLES / "coffee.jpg", tmp_path)
    notebook = nbformat.read(EXAMPLES / "notebook.ipynb", as_version=4)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    results = execute(notebook, tmp_path)
    pictures = [each["text/html"].count("<img ") for each in results if "text/html" in (each or {})]
    assert pictures == [3, 1, 1]  # the gallery, and two pictures alone
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "images.png",
        "subject_image.png",
        "mask_image.png",
    }
