"""What in an input is JSON, what becomes JSON, and what can't; each error at its place."""

from __future__ import annotations

import enum
import json
from collections import OrderedDict
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from speedpix import InputError
from speedpix.inputs.prepare import prepare


def found(value):
    """The one value, walked."""
    return prepare({"field": value}, "auto").tree["field"]


class Colour(enum.Enum):
    RED = "red"


class TextColour(str, enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Text(str):
    __slots__ = ()

    def __str__(self):
        return "not what it holds"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (None, None),
        (True, True),
        (0, 0),
        (10**30, 10**30),
        (-1.5, -1.5),
        ((1, 2), [1, 2]),
        ([], []),
        ({}, {}),
        ({3}, [3]),
        (frozenset([3]), [3]),
        ((number for number in ()), []),
        (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (MappingProxyType({"a": 1}), {"a": 1}),
        ({1: "one"}, {"1": "one"}),
        (TextColour.RED, "red"),
        (Level.HIGH, 3),
        (Text("held"), "held"),
        ({Text("key"): Text("held")}, {"key": "held"}),
        (np.int64(7), 7),
        (np.float32(0.5), 0.5),
        (np.bool_(True), True),
        (np.str_("text"), "text"),
        (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]]),
        (np.zeros((0, 2)), []),
        (np.array(2.5), 2.5),
        ([{"deep": (np.uint8(1), None)}], [{"deep": [1, None]}]),
    ],
)
def test_what_json_can_hold_is_sent_as_json(value, sent):
    walked = found(value)
    assert walked == sent
    assert json.loads(json.dumps(walked, allow_nan=False)) == sent


def test_generators_are_used_up_into_lists():
    assert found(number for number in (1, 2)) == [1, 2]


def test_the_keys_and_strings_sent_are_plain():
    tree = found({Text("key"): TextColour.RED})
    assert [type(item) for item in (*tree, *tree.values())] == [str, str]


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        -float("inf"),
        np.float64("nan"),
        np.array([1.0, np.nan]),
        Colour.RED,
        datetime(2027, 1, 1, tzinfo=timezone.utc),
        object(),
        1j,
        int,
        range(3),
        pytest.param(10**5000, id="more digits than Python writes"),
        np.array([1j]),
        np.longdouble(1.5),
        np.array([1.5], np.longdouble),
        lambda: None,
        {b"key": 1},
        {None: 1},
        {(1, 2): 1},
        {True: 1},
        {1.5: 1},
    ],
)
def test_what_json_cannot_hold_is_refused_at_its_place(value):
    with pytest.raises(InputError) as caught:
        found({"list": [0, value]})
    assert caught.value.message.startswith('input["field"]["list"][1]')
    assert isinstance(caught.value, ValueError)


def test_a_cycle_is_refused():
    loop = []
    loop.append(loop)
    with pytest.raises(InputError, match="contain itself"):
        found(loop)
    mapping = {}
    mapping["again"] = mapping
    with pytest.raises(InputError, match="contain itself"):
        found(mapping)


@pytest.mark.parametrize("value", [None, "text", [1], 7])
def test_an_input_is_a_mapping(value):
    with pytest.raises(InputError, match="input must be a mapping"):
        prepare(value, "auto")


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"style": {"ref": ["./missing.jpg"]}}, 'input["style"]["ref"][0]'),
        ({"a": ({"b": Path("missing")},)}, 'input["a"][0]["b"]'),
        ({'say "hi"': float("nan")}, r'input["say \"hi\""]'),
        ({"名": float("nan")}, 'input["名"]'),
        ({"a": {7: float("nan")}}, 'input["a"][7]'),
        ({"a": np.array([[0.0], [np.inf]])}, 'input["a"][1][0]'),
    ],
)
def test_an_error_names_its_place(value, place):
    with pytest.raises(InputError) as caught:
        prepare(value, "auto")
    assert caught.value.message.startswith(f"{place}: ")
