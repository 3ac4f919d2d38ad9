"""The notebook over a DataFrame, executed by a real kernel."""

from __future__ import annotations

import shutil

import nbformat
from nbclient import NotebookClient

from .conftest import EXAMPLES, RECIPES, SECONDS


def test_each_row_gets_its_result_and_a_mended_row_alone_is_paid_again(
    environment, emulator, tmp_path
):
    folder = tmp_path / "recipes"
    folder.mkdir()
    shutil.copy(EXAMPLES / "coffee.jpg", tmp_path)
    notebook = nbformat.read(RECIPES / "dataframe.ipynb", as_version=4)

    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=SECONDS, resources=resources).execute()

    cells = {cell.id: cell for cell in notebook.cells}
    assert "to_run=2" in cells["plan"].outputs[0].data["text/plain"]
    lines = cells["join"].outputs[0].data["text/plain"].splitlines()[1:4]
    assert [line.split()[1:3] for line in lines] == [
        ["C-1", "succeeded"],
        ["C-2", "succeeded"],
        ["C-3", "failed"],
    ]
    assert cells["again"].outputs[0].text == (
        "['skipped', 'skipped', 'succeeded']\n1 run was paid\n"
    )
    assert sorted(job.inputs["text"] for job in emulator.jobs) == ["午安", "早安", "晚安"]
    assert len(list((folder / "pictures").glob("C-*-images.png"))) == 3
