"""The options of a run, as keywords and in the guide's options form."""

from __future__ import annotations

import math
from functools import partial

import pytest

from speedpix import InputError
from speedpix.constants import LONGEST_POLLING_INTERVAL as LONGEST
from speedpix.inputs.arguments import checked_timeout
from speedpix.predictions.options import (
    RunOptions,
    Wait,
    checked_interval,
    submission,
    unfold,
    waiting,
)


@pytest.mark.parametrize(
    "given",
    [
        {"input": {"prompt": "x"}},
        {"input": {}, "alias_id": "main", "wait": False},
        {"input": {}, "version_id": "v1", "polling_interval": 2, "wait_timeout": 5},
        {"input": {}, "file_encoding_strategy": "base64", "resource_config_id": "a"},
        {"input": {}, "randomise_seeds": True, "return_temp_files": True},
        {"input": {}, "on_progress": print, "progress": True},
    ],
)
def test_the_options_form_is_recognised(given):
    inner, options = unfold(given, {})
    assert inner == given["input"]
    assert options == {key: value for key, value in given.items() if key != "input"}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"prompt": "x"},
        {"input": "text"},
        {"input": ["list"]},
        {"input": None, "alias_id": "main"},
        {"input": {"a": 1}, "prompt": "another field of the workflow"},
        {"alias_id": "main"},
    ],
)
def test_everything_else_is_an_input(given):
    assert unfold(given, {"alias_id": "main"}) == (given, {"alias_id": "main"})


def test_keywords_win():
    given = {"input": {"a": 1}, "alias_id": "main", "wait": False}
    inner, options = unfold(given, {"alias_id": "beta", "polling_interval": 3})
    assert inner == {"a": 1}
    assert options == {"alias_id": "beta", "wait": False, "polling_interval": 3}


@pytest.mark.parametrize(
    ("options", "alias", "version"),
    [
        ({}, "main", None),
        ({"alias_id": None, "version_id": None}, "main", None),
        ({"alias_id": "beta"}, "beta", None),
        ({"version_id": "v2"}, None, "v2"),
        ({"alias_id": "beta", "version_id": "v2"}, "beta", "v2"),
    ],
)
def test_the_alias_is_main_only_when_neither_is_given(options, alias, version):
    body = submission("w", {}, options).request.to_dict()
    assert (body.get("alias_id"), body.get("version_id")) == (alias, version)


@pytest.mark.parametrize(
    ("workflow_id", "options", "named"),
    [
        ("", {}, "workflow_id"),
        ("  ", {}, "workflow_id"),
        (None, {}, "workflow_id"),
        (7, {}, "workflow_id"),
        ("w", {"alias_id": ""}, "alias_id"),
        ("w", {"version_id": 1}, "version_id"),
        ("w", {"resource_config_id": " "}, "resource_config_id"),
        ("w", {"file_encoding_strategy": "hex"}, "file_encoding_strategy"),
        ("w", {"randomise_seeds": "no"}, "randomise_seeds"),
        ("w", {"return_temp_files": 0}, "return_temp_files"),
    ],
)
def test_a_wrong_option_is_refused_by_name(workflow_id, options, named):
    with pytest.raises(InputError, match=named):
        submission(workflow_id, {}, options)


def test_an_unknown_option_is_told_of_with_all_that_there_are_the_closest_first():
    with pytest.raises(TypeError) as caught:
        submission("w", {}, {"wait_time": 3})
    said = str(caught.value)
    assert "did you mean wait_timeout? the options are wait_timeout, " in said
    assert all(name in said for name in RunOptions.__annotations__)


def test_an_unknown_option_is_a_type_error_as_for_any_function():
    with pytest.raises(TypeError, match="alias_idd"):
        submission("w", {}, {"alias_idd": "main"})


@pytest.mark.parametrize(
    ("options", "how"),
    [
        ({}, Wait(LONGEST)),
        ({"wait": None, "on_progress": None, "progress": None}, Wait(LONGEST)),
        ({"wait": True, "polling_interval": 2, "wait_timeout": 9}, Wait(2.0, 9.0)),
        ({"wait_timeout": math.inf}, Wait(LONGEST)),
        ({"wait_timeout": 0}, Wait(LONGEST, 0.0)),
        ({"on_progress": print}, Wait(LONGEST, listeners=(print,))),
        ({"progress": True}, Wait(LONGEST, bar=True)),
        ({"wait": False, "polling_interval": 2, "progress": False}, Wait(2.0, follow=False)),
    ],
)
def test_how_a_run_is_waited_for(options, how):
    left = dict(options, alias_id="main")
    assert waiting(left, blocking=True) == how
    assert left == {"alias_id": "main"}


@pytest.mark.parametrize("value", ["no", 2, [], {}])
def test_wait_is_a_truth_value(value):
    with pytest.raises(InputError, match="wait"):
        waiting({"wait": value}, blocking=True)


@pytest.mark.parametrize("value", ["yes", 7, [], {}])
@pytest.mark.parametrize("name", ["progress", "on_progress"])
def test_progress_is_a_truth_value_and_on_progress_a_function(name, value):
    with pytest.raises(InputError, match=f"^{name} must be"):
        waiting({name: value}, blocking=True)


@pytest.mark.parametrize("option", [{"progress": True}, {"on_progress": print}])
def test_nobody_is_told_of_a_run_that_is_not_waited_for(option):
    with pytest.raises(InputError, match="wait=False"):
        waiting({"wait": False, **option}, blocking=True)


async def told(progress):
    """Be told with `await`."""


class Told:
    async def __call__(self, progress):
        """Be told with `await`."""


@pytest.mark.parametrize("function", [told, partial(told), Told(), Told().__call__])
def test_only_an_async_call_can_tell_a_coroutine_function(function):
    with pytest.raises(InputError, match="async_run or async_wait"):
        waiting({"on_progress": function}, blocking=True)
    assert waiting({"on_progress": function}, blocking=False).listeners == (function,)


@pytest.mark.parametrize("value", [0, -1, math.inf, math.nan, "1", True])
def test_a_polling_interval_is_a_positive_number(value):
    with pytest.raises(InputError, match="polling_interval"):
        checked_interval(value)


def test_no_polling_interval_makes_a_busy_loop():
    assert checked_interval(1e-9) == 0.05


@pytest.mark.parametrize("value", [-1, math.nan, "1", [], True])
def test_a_timeout_is_a_number_or_none(value):
    with pytest.raises(InputError, match="timeout"):
        checked_timeout(value)
