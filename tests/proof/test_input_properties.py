"""Whatever an input holds: JSON passes as it is, text stays text, and an error names its place."""

from __future__ import annotations

import contextlib
import json
import os
import re
from datetime import datetime, timezone
from pathlib import Path

import pytest
from hypothesis import assume, given, strategies as st

from speedpix import InputError
from speedpix.inputs.media_types import MEDIA_TYPES
from speedpix.inputs.prepare import filled, prepare

from .values import bounded, nested, scalars, texts

KEY = re.compile(r'\[(\d+|"(?:[^"\\]|\\.)*")\]')
PLACE = re.compile(rf"input({KEY.pattern})*(?=: )")
MISSING = "./no/such/picture.png"


def is_media_name(text: str) -> bool:
    return os.path.splitext(text)[1].lower() in MEDIA_TYPES


plain = nested(scalars.filter(lambda value: not (isinstance(value, str) and is_media_name(value))))
inputs = st.dictionaries(texts, plain, max_size=5)
# What a file may be called, and no picture is.
names = st.text(
    st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=20
).filter(lambda name: name not in (".", "..") and not is_media_name(name))
unsendable = st.sampled_from(
    [
        float("nan"),
        float("inf"),
        float("-inf"),
        object(),
        1j,
        datetime.now(timezone.utc),
        "\ud800",
        MISSING,
        Path("no-such-file"),
        {None: 1},
        {"\udfff": 1},
    ]
)


def at_place_of(message: str, value: object) -> object:
    """Go where a message says that the trouble is."""
    found = PLACE.match(message)
    assert found, message
    for key in KEY.findall(found[0]):
        value = value[json.loads(key)]
    return value


def under_wrong_names(culprit: object) -> list[object]:
    return list(culprit.values()) if isinstance(culprit, dict) else []


@bounded
@given(inputs, st.sampled_from(["auto", "never"]))
def test_json_passes_as_it_is(value, local_files):
    prepared = prepare(value, local_files)
    sent = filled(prepared, {})
    assert prepared.files == []
    assert json.dumps(sent) == json.dumps(value)
    assert json.loads(json.dumps(sent)) == value


@bounded
@given(st.dictionaries(texts, nested(scalars | st.just(MISSING)), max_size=5))
def test_no_string_is_a_path_for_those_who_say_so(value):
    assert json.dumps(filled(prepare(value, "never"), {})) == json.dumps(value)


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """The working directory of these tests: what lies here could be taken for a relative path."""
    path = tmp_path_factory.mktemp("files")
    with contextlib.chdir(path):
        yield path


@bounded
@given(names, nested(st.just(None)))
def test_text_without_a_media_extension_is_never_a_file(directory, name, around):
    path = directory / name
    path.write_bytes(b"a file that nobody meant")
    try:
        value = {"text": [name, f"./{name}", str(path), f"~/{name}", around]}
        prepared = prepare(value, "auto")
    finally:
        path.unlink()
    assert prepared.files == []
    assert filled(prepared, {}) == value


@bounded
@given(names, st.sampled_from([".jpg", ".PNG", ".mp4", ".wav"]))
def test_a_picture_that_is_there_is_a_file(directory, name, extension):
    assume(f"{name}{extension}".isprintable() and ":" not in name)
    assume(not name.startswith(("~", "\\")))
    path = directory / f"{name}{extension}"
    path.write_bytes(b"a picture")
    try:
        prepared = prepare({"a": {"b": [path.name]}}, "auto")
    finally:
        path.unlink()
    assert [place for place, _ in prepared.files] == ['input["a"]["b"][0]']


@bounded
@given(inputs, st.data(), unsendable)
def test_an_error_names_its_place(value, data, culprit):
    place = value
    while True:  # go down to some list or object, and put the culprit there
        inner = place.values() if isinstance(place, dict) else place
        below = [item for item in inner if isinstance(item, (dict, list))]
        if not below or data.draw(st.booleans()):
            break
        place = data.draw(st.sampled_from(below))
    if isinstance(place, dict):
        place[data.draw(texts)] = culprit
    else:
        place.insert(data.draw(st.integers(0, len(place))), culprit)
    with pytest.raises(InputError) as caught:
        prepare(value, "auto")
    assert caught.value.message.encode()  # it can be shown
    named = at_place_of(caught.value.message, value)
    assert named is culprit or named in under_wrong_names(culprit)


@bounded
@given(st.integers(65, 3000), st.sampled_from([list, dict]))
def test_what_is_nested_too_deep_is_refused(depth, kind):
    value: object = 1
    for _ in range(depth):
        value = [value] if kind is list else {"in": value}
    with pytest.raises(InputError, match="nested deeper"):
        prepare({"a": value}, "auto")
