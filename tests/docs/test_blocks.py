"""Every code block of the documentation runs, as it stands, and prints what the page says."""

from __future__ import annotations

import re

import nbformat
import pytest

from .commands import TARGETS
from .pages import LANGUAGES, ROOT, Block, blocks, chains, folder, pages
from .scenes import SCENES

PAGES = [page for language in LANGUAGES for page in pages(language)]
CHAINS = [pytest.param(chain, id=chain[0].place) for page in PAGES for chain in chains(page)]
# Blocks that are not run, by page, each with the reason that its page gives.
NOT_RUN = {
    ("airflow.md", "tests/recipes runs it, with what it needs"),
    ("celery.md", "tests/recipes runs it, with what it needs"),
    ("cli.md", "a batch of hours"),
    ("credentials.md", "the tests of the tools run it"),
    ("dataframes.md", "tests/recipes runs it, with what it needs"),
    ("engines.md", "it needs Ray"),
    ("engines.md", "it needs Spark"),
    ("engines.md", "tests/engines runs it, with what it needs"),
    ("batch.md", "the service would have to be gone"),
    ("quickstart.md", "it needs Windows"),
    ("testing.md", "the example's own tests run it"),
    ("web-forms.md", "the example's own tests run it"),
}


@pytest.mark.parametrize("chain", CHAINS)
def test_a_block_runs(reader, chain: list[Block]):
    for block in chain:
        reader.take(block)


def test_every_make_target_that_is_named_exists():
    named = {
        target
        for page in PAGES
        for target in re.findall(r"`make ([\w-]+)", page.read_text(encoding="utf-8"))
    }
    assert named <= TARGETS


def test_what_is_not_run_is_listed_here():
    skipped = {
        (page.name, block.reason)
        for page in PAGES
        for block in blocks(page)
        if block.reason is not None
    }
    assert skipped == NOT_RUN


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_of_dataframes_has_the_cells_of_the_notebook_that_is_run(language):
    notebook = nbformat.read(ROOT / "examples/recipes/dataframe.ipynb", as_version=4)
    shown = [block.code.rstrip("\n") for block in blocks(folder(language) / "dataframes.md")]
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    assert shown == sources[1:]  # the first one makes the client


def test_every_comment_before_a_block_is_understood():
    for page in PAGES:
        for block in blocks(page):
            for said in block.said:
                known = said == "continues" or said.startswith("not run: ") or block.scene in SCENES
                assert known, f"{block.place}: {said}"


def test_every_scene_is_used():
    used = {block.scene for page in PAGES for block in blocks(page)}
    assert set(SCENES) <= used
