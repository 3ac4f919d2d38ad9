"""Whatever an output holds: it stays the JSON the server sent, and every address is a file."""

from __future__ import annotations

import copy
import json
import pickle

from hypothesis import given, strategies as st

from speedpix import FileOutput
from speedpix.values.link import Origin
from speedpix.values.names import safe_name
from speedpix.values.output import wrap

from .values import bounded, nested, numbers, texts, urls

leaves = st.none() | st.booleans() | numbers | st.floats() | st.text() | urls
keys = texts | st.sampled_from(["url", "type", "format", "filename", "width", "height"])
outputs = nested(leaves, keys)


def wrapped(value):
    return wrap(value, Origin(prediction_id="prediction-1"))


def is_address(value: object) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def pairs(plain, rich):
    """Every value of an output, beside what became of it."""
    yield plain, rich
    if isinstance(plain, dict):
        for key, value in plain.items():
            yield from pairs(value, rich[key])
    elif isinstance(plain, list):
        for value, became in zip(plain, rich, strict=True):
            yield from pairs(value, became)


@bounded
@given(outputs)
def test_the_json_is_the_servers(value):
    assert json.dumps(wrapped(value)) == json.dumps(value)
    assert json.dumps(wrapped(value), ensure_ascii=False) == json.dumps(value, ensure_ascii=False)


@bounded
@given(outputs)
def test_every_address_is_a_file_and_nothing_else_is(value):
    for plain, rich in pairs(value, wrapped(value)):
        url = plain.get("url") if isinstance(plain, dict) else plain
        assert isinstance(rich, FileOutput) == is_address(url)
        assert hasattr(rich, "save") == is_address(url)
        assert isinstance(rich, type(plain))
        if is_address(url):
            assert rich.url == str(rich) == url
            assert type(rich.url) is str or isinstance(rich, str)


@bounded
@given(outputs)
def test_what_a_file_tells_of_itself_is_of_its_type_or_absent(value):
    for _, rich in pairs(value, wrapped(value)):
        if isinstance(rich, FileOutput):
            assert isinstance(rich.type, (str, type(None)))
            assert isinstance(rich.format, (str, type(None)))
            assert isinstance(rich.width, (int, type(None)))
            assert isinstance(rich.height, (int, type(None)))
            assert rich.filename == safe_name(rich.filename)


@bounded
@given(nested(leaves.filter(lambda leaf: repr(leaf) != "nan"), keys))  # it equals nothing
def test_copies_are_equal_and_of_the_same_kind(value):
    original = wrapped(value)
    copies = [pickle.loads(pickle.dumps(original, protocol)) for protocol in (2, 5)]
    copies += [copy.copy(original), copy.deepcopy(original)]
    for twin in copies:
        assert twin == original == value
        for (_, was), (_, became) in zip(pairs(value, original), pairs(value, twin), strict=True):
            assert type(became) is type(was)
            if isinstance(was, FileOutput):
                assert (became.url, became.filename) == (was.url, was.filename)
                assert became.width == was.width


@bounded
@given(urls)
def test_a_url_can_be_a_key(value):
    assert {wrapped(value): 1}[value] == 1
