"""Outputs: the JSON that the server sent, whose files have methods."""

from __future__ import annotations

import copy
import inspect
import json
import pickle

import pytest
from speedpix_api.models.result_data import ResultData

from speedpix import FileOutput
from speedpix.gateway.endpoints import parts_of
from speedpix.values.link import Origin
from speedpix.values.output import wrap

URL = "https://store.test/out/picture.png?Expires=1&Signature=s"
PLAIN = {
    "images": {
        "url": URL,
        "type": "image",
        "format": "png",
        "filename": "picture.png",
        "object_key": "out/picture.png",
        "width": 640,
        "height": 480,
    },
    "list": ["https://store.test/a.mp4", {"url": "https://store.test/b.png"}],
    "text": "not a file, though http://is.in/it",
    "number": 1.5,
    "nothing": None,
    "deep": {"er": [{"url": "not an address"}]},
}


@pytest.fixture
def output():
    return wrap(PLAIN, Origin(prediction_id="prediction-1"))


def test_the_json_is_what_the_server_sent(output):
    assert json.dumps(output) == json.dumps(PLAIN)
    assert output == PLAIN


def test_only_files_have_methods(output):
    files = [output["images"], output["images"]["url"], *output["list"]]
    assert all(isinstance(file, FileOutput) and hasattr(file, "save") for file in files)
    for other in ("text", "number", "nothing", "deep"):
        assert not hasattr(output[other], "save")
    assert not hasattr(output.get("missing"), "save")
    assert not hasattr(output["deep"]["er"][0], "save")
    assert hasattr(output.get("images"), "save")


def test_a_file_object_is_a_mapping_and_its_url_a_string(output):
    assert isinstance(output["images"], dict)
    assert isinstance(output["images"]["url"], str)
    assert str(output["images"]) == str(output["images"]["url"]) == URL
    assert f"{output['images']['url']}" == URL
    assert type(str(output["images"]["url"])) is str


def test_a_file_says_what_the_service_said(output):
    for file in (output["images"], output["images"]["url"]):
        assert (file.url, file.type, file.format) == (URL, "image", "png")
        assert (file.width, file.height, file.filename) == (640, 480, "picture.png")


def test_a_file_of_which_the_service_said_nothing(output):
    video, picture = output["list"]
    for file in (video, picture):
        assert (file.type, file.format, file.width, file.height) == (None, None, None, None)
    assert (video.filename, picture.filename) == ("a.mp4", "b.png")


@pytest.mark.parametrize(
    "facts",
    [{"type": 7, "format": None, "width": "wide", "height": [], "filename": 3}, {"type": ""}],
)
def test_facts_of_the_wrong_type_are_left_out(facts):
    file = wrap({"f": {"url": "https://store.test/x.png", **facts}}, Origin())["f"]
    assert (file.type, file.format, file.width, file.height) == (None, None, None, None)
    assert file.filename == "x.png"


def test_a_server_name_is_made_safe():
    file = wrap({"url": "https://s.test/x", "filename": "../../etc/passwd"}, Origin())
    assert file.filename == "passwd"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_files_pickle(output, protocol):
    again = pickle.loads(pickle.dumps(output, protocol))
    assert again == output
    assert [type(file) for file in again["list"]] == [type(file) for file in output["list"]]
    assert again["images"].width == 640
    assert again["images"]["url"].url == URL


def test_a_copied_url_still_knows_its_facts(output):
    for again in (pickle.loads(pickle.dumps(output)), copy.deepcopy(output)):
        assert again["images"]["url"].width == 640


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy])
def test_files_copy(output, again):
    for file in (output["images"], output["images"]["url"]):
        assert again(file) == file
        assert type(again(file)) is type(file)
        assert again(file).url == URL
        assert hasattr(again(file), "save")


def test_a_copied_mapping_can_be_changed_alone(output):
    changed = copy.deepcopy(output)
    changed["images"]["width"] = 1
    assert output["images"]["width"] == 640


def test_every_method_has_its_async_twin():
    for name in ("save", "read", "open", "to_pil", "to_numpy"):
        blocking, awaited = getattr(FileOutput, name), getattr(FileOutput, f"async_{name}")
        assert inspect.signature(blocking) == inspect.signature(awaited)
        assert inspect.iscoroutinefunction(awaited)


def test_an_output_nested_without_end_is_not_walked_without_end():
    value = "https://store.test/x.png"
    for _ in range(500):
        value = [value]
    assert wrap(value, Origin()) == value


def data(**fields):
    return ResultData.from_dict(fields)


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({"result": {"a": 1}}, {"a": 1}),
        ({"result": {"a": 1}, "images": ["https://s.test/x"]}, {"a": 1}),
        ({"result": None, "images": ["https://s.test/x"]}, {"images": ["https://s.test/x"]}),
        ({"images": ["https://s.test/x"]}, {"images": ["https://s.test/x"]}),
        ({"result": None, "images": None}, {"images": []}),
        ({"result": None, "images": []}, {"images": []}),
        ({}, {"images": []}),
    ],
)
def test_without_output_fields_the_output_is_the_list_of_images(fields, output):
    assert parts_of(data(**fields))["output"] == output
