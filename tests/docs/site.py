"""What the search of the built site finds; `make docs`, which builds it, runs this."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from .pages import ROOT

RECIPES = {"web-forms.html", "dataframes.html", "celery.html", "airflow.html"}


def found(language: str, word: str) -> set[str]:
    """Return the pages of which the search's index has a word."""
    index = json.loads((ROOT / "site" / language / "search.json").read_text(encoding="utf-8"))
    return {
        item["location"].partition("#")[0]
        for item in index["items"]
        if re.search(word, f"{item['title']} {item['text']}", re.IGNORECASE)
    }


@pytest.mark.parametrize(
    ("language", "word", "pages"),
    [
        ("en", "batch", {"batch.html", *RECIPES - {"web-forms.html"}}),
        ("en", "cost", {"cost.html", *RECIPES}),
        ("en", "limit", {"cost.html", *RECIPES}),
        ("en", "Flask", {"web-forms.html"}),
        ("zh", "批量", {"batch.html", *RECIPES - {"web-forms.html"}}),
        ("zh", "费用", {"cost.html", *RECIPES}),
        ("zh", "限制", {"cost.html", *RECIPES}),
        ("zh", "Flask", {"web-forms.html"}),
    ],
)
def test_a_word_finds_the_pages_about_it(language, word, pages):
    assert pages <= found(language, word)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("page", "program"),
    [
        ("web-forms", "flask_form.py"),
        ("web-forms", "fastapi_form.py"),
        ("celery", "celery_task.py"),
        ("airflow", "airflow_dag.py"),
    ],
)
def test_a_recipe_is_shown_whole(language, page, program):
    shown = (ROOT / "site" / language / f"{page}.html").read_text(encoding="utf-8")
    source = (ROOT / "examples" / "recipes" / program).read_text(encoding="utf-8")
    assert source.strip() in unescape(re.sub(r"<[^>]+>", "", shown))
