"""The English pages leave nothing out of what the project offers."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import griffe
import pytest
from attrs import fields
from speedpix_emulator import Emulator, Script
from speedpix_emulator.fault_catalogue import CATALOGUE

import speedpix
from speedpix import Client, SpeedPixException, constants, testing
from speedpix.cli.app import cli
from speedpix.cli.exit_codes import MEANINGS
from speedpix.gateway.settings import ENVIRONMENT
from speedpix.predictions.options import RunOptions
from speedpix.testing import emulator

from .pages import ROOT, folder, headings, pages

ERRORS = {
    name
    for name in speedpix.__all__
    if inspect.isclass(getattr(speedpix, name))
    and issubclass(getattr(speedpix, name), SpeedPixException)
}
MEBIBYTE = 1 << 20
# In the order of the page.
LIMITS = [
    constants.CONNECT_TIMEOUT,
    constants.MAX_CALLS,
    constants.MAX_TRANSFERS,
    constants.RETRY_BUDGET,
    constants.RETRY_AFTER_CAP,
    constants.SHORTEST_POLLING_INTERVAL,
    constants.BASE64_LIMIT / MEBIBYTE,
    constants.INPUT_DEPTH_LIMIT,
    constants.REPLY_LIMIT / MEBIBYTE,
    constants.REUSE_MARGIN,
    constants.REMEMBERED_UPLOADS,
    constants.REMEMBERED_PREDICTIONS,
    constants.HISTORY_LIMIT,
]
LOW_LEVEL = {name for name in speedpix.__all__ if inspect.ismodule(getattr(speedpix, name))}


def text(name: str | Path) -> str:
    """Return a page of the documentation, or, by its path, of elsewhere."""
    return (folder("en") / name).read_text(encoding="utf-8")


def rows(name: str | Path) -> set[str]:
    """Return what stands as code in the first column of a page's tables."""
    firsts = re.findall(r"^\|([^|]+)\|", text(name), re.MULTILINE)
    return {code for first in firsts for code in re.findall(r"`(\w+)", first)}


def test_every_public_name_is_in_the_reference():
    named = set(re.findall(r"^::: speedpix\.(\w+)$", text("reference.md"), re.MULTILINE))
    assert named == set(speedpix.__all__) - LOW_LEVEL - {"__version__"}


@pytest.mark.parametrize("page", [page for page in pages("en") if "| error | when" in text(page)])
def test_a_table_of_errors_has_every_error(page):
    assert rows(page) >= ERRORS - {"SpeedPixException"}


def test_every_error_has_a_section():
    titles = {title for _, title in headings(folder("en") / "errors.md")}
    assert titles >= ERRORS - {"SpeedPixException"}


def test_every_option_of_the_client_is_told_of():
    assert rows("client.md") >= set(inspect.signature(Client).parameters)


def test_every_option_of_a_run_is_told_of():
    assert rows("options.md") >= {"workflow_id", "input", "wait", *RunOptions.__annotations__}


@pytest.mark.parametrize("function", [Client.run, speedpix.run], ids=["Client.run", "run"])
def test_the_reference_of_run_is_one_signature_with_every_option(function):
    extension = griffe.load_extensions(str(ROOT / "docs" / "options.py"))
    package = griffe.load("speedpix", extensions=extension, search_paths=[ROOT])
    shown = package[f"{function.__module__}.{function.__qualname__}".partition(".")[2]]
    assert not shown.overloads
    assert [each.name for each in shown.parameters] == list(inspect.signature(function).parameters)


def test_every_option_of_a_run_is_described_in_its_docstring():
    described = re.findall(r"^ {12}(\w+): ", Client.run.__doc__, re.MULTILINE)
    assert ["self", *described[: described.index("InputError")]] == [
        *inspect.signature(Client.run).parameters
    ]


def test_limits_are_what_they_are():
    limits = text("options.md").rpartition("\n## ")[2]
    told = re.findall(r"\| (?:at most )?([\d,.]+)[^|]*\|$", limits, re.MULTILINE)
    assert [float(each.replace(",", "")) for each in told] == LIMITS


def test_every_variable_is_told_of():
    assert rows("credentials.md") >= {*ENVIRONMENT, "SPEEDPIX_LOG"}


def test_every_low_level_call_is_told_of():
    assert rows("low-level.md") >= LOW_LEVEL


def test_everything_of_the_emulator_is_told_of():
    options = set(inspect.signature(Emulator).parameters)
    script = {each.name for each in fields(Script)}
    faults = {name for names in CATALOGUE.values() for name in names}
    assert rows("emulator.md") >= options | script | faults


def test_the_command_line_is_told_of():
    told = text("cli.md")
    assert [name for name in cli.commands if f"| `speedpix {name}" not in told] == []
    options = {
        name
        for command in ("run", "batch")
        for option in cli.commands[command].params
        for name in option.opts
    }
    assert {name for name in options if name.startswith("--") and f"`{name}`" not in told} == set()
    for code, meaning in MEANINGS.items():
        assert f"| `{code}` | {meaning} |" in told


def test_everything_of_the_testing_helpers_is_told_of():
    told = rows("testing.md")
    assert told >= set(inspect.signature(emulator).parameters)
    assert {name for name in testing.__all__ if name not in text("testing.md")} == set()
