"""What `-i` and `--input` make of what is typed."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import click
import pytest

from speedpix.cli.inputs import field, input_of


@pytest.mark.parametrize(
    ("argument", "key", "value"),
    [
        ("text=一幅画", "text", "一幅画"),
        ("steps=20", "steps", 20),
        ("strength=0.75", "strength", 0.75),
        ("seed=-1", "seed", -1),
        ("size=1e3", "size", 1000.0),
        ("on=true", "on", True),
        ("on=false", "on", False),
        ("mask=null", "mask", None),
        ('text="20"', "text", "20"),
        ('text="true"', "text", "true"),
        ("text=", "text", ""),
        ("text=True", "text", "True"),
        ("text=007", "text", "007"),
        ("text= 20", "text", " 20"),
        ("text=1_000", "text", "1_000"),
        ("text=NaN", "text", "NaN"),
        ("text=-Infinity", "text", "-Infinity"),
        ("text=1e999", "text", "1e999"),
        ("text=[1, 2]", "text", "[1, 2]"),
        ('text={"a": 1}', "text", '{"a": 1}'),
        ('text="so", she said', "text", '"so", she said'),
        ("text=a=b", "text", "a=b"),
        ("text=a:=b", "text", "a:=b"),
        ("text=@@home", "text", "@home"),
        ("text=./input.jpg", "text", "./input.jpg"),
        ("text=" + "[" * 100_000, "text", "[" * 100_000),
        ("text=" + "9" * 10_000, "text", "9" * 10_000),
        ("size:=[512, 768]", "size", [512, 768]),
        ('style:={"ref": ["a", null]}', "style", {"ref": ["a", None]}),
        ('text:="@home"', "text", "@home"),
        ("steps:=20", "steps", 20),
        ("键=值", "键", "值"),
    ],
)
def test_a_field(argument, key, value):
    found = field(argument)
    assert found == (key, value)
    assert type(found[1]) is type(value)


@pytest.mark.parametrize(
    ("option", "told", "meant"),
    [
        (
            "image=./input.jpg",
            'input["image"] was sent as the text',
            "did you mean `-i image=@./input.jpg`?",
        ),
        ("image=no.jpg", "with @ before it, as in -i key=@file, the file is sent", None),
        ("imgae=@input.jpg", "input[\"imgae\"]: did you mean 'image'?", None),
        ("text=2026", 'input["text"] was sent as the number 2026', "`-i 'text=\"2026\"'`?"),
    ],
)
def test_a_field_that_the_service_refuses_is_explained(speedpix, option, told, meant):
    given = {"image": "image=@input.jpg", "text": "text=x"}
    given["image" if option.startswith("im") else "text"] = option
    words = [word for each in given.values() for word in ("-i", each)]
    done = speedpix("run", "white-background", *words)
    assert done.code == 1
    assert told in done.err
    assert meant is None or meant in done.err


def test_a_file_is_a_path_and_a_tilde_the_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    path = tmp_path / "图=1.jpg"
    path.touch()
    assert field(f"image=@{path}") == ("image", path)
    assert field("image=@~/图=1.jpg") == ("image", path)


@pytest.mark.parametrize("name", ["missing.jpg", ""])
def test_a_file_that_is_not_there(name):
    with pytest.raises(click.BadParameter, match=r"'image': there is no file .*image=@@") as caught:
        field(f"image=@{name}")
    assert caught.value.param_hint == "-i"


def test_a_directory_is_not_a_file(tmp_path):
    with pytest.raises(click.BadParameter, match=r"'image': .* is not a file"):
        field(f"image=@{tmp_path}")


@pytest.mark.parametrize("argument", ["text", "=x", ":=1", "@input.jpg", ""])
def test_what_is_not_of_any_form(argument):
    with pytest.raises(click.BadParameter, match="key=value, key=@file or key:=JSON"):
        field(argument)


@pytest.mark.parametrize("value", ["", "{", "NaN", "1e999", "nope", "[" * 100_000])
def test_json_that_is_none(value):
    with pytest.raises(click.BadParameter, match="'size' is not JSON"):
        field(f"size:={value}")


def test_bytes_that_the_locale_did_not_understand_are_utf_8():
    assert field("text=" + "一幅画".encode().decode("ascii", "surrogateescape")) == (
        "text",
        "一幅画",
    )
    with pytest.raises(click.BadParameter, match="not UTF-8"):
        field("text=\udcff")


def test_a_document_and_fields_that_win_over_it(tmp_path):
    path = tmp_path / "input.json"
    path.write_text('{"text": "一", "steps": 5, "size": [1]}', "utf-8-sig")
    assert input_of(str(path), ["steps=20", "on=true"]) == {
        "text": "一",
        "steps": 20,
        "size": [1],
        "on": True,
    }
    assert input_of(str(path), ()) == json.loads(path.read_text("utf-8-sig"))
    assert input_of(None, ()) == {}


def test_a_document_on_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO('{"text": "一"}'.encode())))
    assert input_of("-", ["n=1"]) == {"text": "一", "n": 1}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[]", "must hold a JSON object"),
        (b"", "not JSON in UTF-8"),
        (b"{'a': 1}", "not JSON in UTF-8"),
        (b'{"a": NaN}', "NaN is not a number of JSON"),
        ('{"a": "画"}'.encode("gbk"), "not JSON in UTF-8"),
    ],
)
def test_a_document_that_is_none(tmp_path, content, reason):
    path = tmp_path / "input.json"
    path.write_bytes(content)
    with pytest.raises(click.BadParameter, match=reason) as caught:
        input_of(str(path), ())
    assert caught.value.param_hint == "--input"


def test_a_field_given_twice():
    with pytest.raises(click.BadParameter, match="'a' is given twice"):
        input_of(None, ["a=1", "a:=2"])


def test_text_that_looks_like_a_path_stays_text(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("input.jpg").touch()
    assert input_of(None, ["text=input.jpg"]) == {"text": "input.jpg"}
