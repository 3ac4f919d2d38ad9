"""`progress=True` in a notebook: cells that a real kernel executes."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

# The emulator lives in the kernel, where no wait takes time.
SET_UP = """
from speedpix import Client, PredictionError
from speedpix.testing import emulator
from speedpix_emulator import Failure, Node

context = emulator()
running = context.__enter__()
running.workflow("echo", duration=30, nodes=[Node("<b>采样器</b>", steps=20)])(lambda inputs: {})
client = Client()
"""
BLOCKING = "output = client.run('echo', {}, progress=True)"
AWAITED = "output = await client.async_run('echo', {}, progress=True)"
TWO = f"{BLOCKING}\n{BLOCKING}"
FAILED = f"""
running.next_run("echo", duration=10, failure=Failure("no luck", at=0.5))
try:
    {BLOCKING}
except PredictionError:
    pass
"""
STOPPED = """
def stop(progress):
    if progress.node:
        raise LookupError
try:
    client.run("echo", {}, progress=True, on_progress=stop)
except LookupError:
    pass
"""
TEAR_DOWN = "client.close(); context.__exit__(None, None, None);"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """What each kind of cell leaves in the notebook."""
    folder = tmp_path_factory.mktemp("notebook")
    codes = (SET_UP, BLOCKING, AWAITED, TWO, FAILED, STOPPED, TEAR_DOWN)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in codes])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IPYTHONDIR", str(folder / "ipython"))  # not the user's own
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute(cwd=folder)
    return {cell.source: cell.outputs for cell in notebook.cells}


@pytest.mark.parametrize("cell", [BLOCKING, AWAITED])
def test_a_cell_shows_one_bar_that_ends_full(outputs, cell):
    (shown,) = outputs[cell]
    assert shown.output_type == "display_data"
    assert shown.data["text/plain"] == "succeeded"
    assert shown.data["text/html"] == '<progress value="1.000"></progress> succeeded'


def test_each_run_has_a_bar_of_its_own(outputs):
    assert [shown.data["text/plain"] for shown in outputs[TWO]] == ["succeeded", "succeeded"]


def test_a_failed_run_leaves_its_bar_where_it_was(outputs):
    (shown,) = outputs[FAILED]
    assert shown.data["text/html"] == '<progress value="0.500"></progress> failed, 50%'


def test_what_the_service_says_is_no_html(outputs):
    (shown,) = outputs[STOPPED]
    assert "running, <b>采样器</b>" in shown.data["text/plain"]
    assert "running, &lt;b&gt;采样器&lt;/b&gt;" in shown.data["text/html"]


def test_nothing_else_is_written(outputs):
    kinds = {output.output_type for cell in outputs.values() for output in cell}
    assert kinds == {"display_data"}
