"""Output files: saved, read, shown, pickled."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from pathlib import Path

import pytest

from speedpix import FileOutput

from .conftest import VIDEO, png

INVERTED = png(215)


@pytest.fixture
def output(client):
    return client.run("invert", {"image": png(40)})


@pytest.fixture(params=["sync", "async"])
def save(request):
    if request.param == "sync":
        return lambda file, path: file.save(path)
    return lambda file, path: asyncio.run(file.async_save(path))


@pytest.fixture(params=["sync", "async"])
def read(request):
    if request.param == "sync":
        return lambda file: file.read()
    return lambda file: asyncio.run(file.async_read())


def test_a_file_and_its_url_are_saved_alike(output, save, tmp_path):
    for number, file in enumerate((output["images"], output["images"]["url"])):
        path = save(file, tmp_path / f"{number}.png")
        assert isinstance(path, Path)
        assert path.read_bytes() == INVERTED


def test_a_file_and_its_url_are_read_alike(output, read):
    assert read(output["images"]) == read(output["images"]["url"]) == INVERTED


def test_folders_are_made_and_strings_will_do(output, save, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert save(output["images"], "new/folders/a.png") == Path("new/folders/a.png")
    assert (tmp_path / "new/folders/a.png").read_bytes() == INVERTED


def test_in_a_folder_the_servers_name_is_used(output, save, tmp_path):
    path = save(output["images"], tmp_path)
    assert path == tmp_path / output["images"].filename == tmp_path / "images.png"
    assert path.read_bytes() == INVERTED


def test_a_file_of_another_kind(client, save, tmp_path):
    output = client.run("video", {})
    assert (output["clip"].type, output["clip"].format) == ("video", "mp4")
    assert save(output["clip"], tmp_path).read_bytes() == VIDEO
    assert output["facts"] == {"frames": 3}
    assert not hasattr(output["facts"], "save")


def test_the_guides_ways_to_ask(output, tmp_path):
    assert hasattr(output.get("images"), "save")
    assert not hasattr(output.get("missing"), "save")
    assert isinstance(output["images"], FileOutput)
    assert str(output["images"]) == str(output["images"]["url"]) == output["images"].url
    assert json.loads(json.dumps(output))["images"]["width"] == 4


@pytest.mark.parametrize("again", [lambda value: pickle.loads(pickle.dumps(value)), copy.deepcopy])
def test_a_copy_can_still_be_read(output, again):
    assert again(output)["images"].read() == INVERTED
    assert again(output["images"]["url"]).read() == INVERTED


def test_an_unpickled_prediction_goes_on_with_the_environments_credentials(
    client, emulator, monkeypatch
):
    prediction = pickle.loads(pickle.dumps(client.run("video", {}, wait=False)))
    monkeypatch.setenv("SPEEDPIX_APP_KEY", emulator.app_key)
    monkeypatch.setenv("SPEEDPIX_APP_SECRET", emulator.app_secret)
    monkeypatch.setenv("SPEEDPIX_ENDPOINT", emulator.url)
    monkeypatch.delenv("SPEEDPIX_HISTORY", raising=False)
    assert prediction.wait().output["clip"].read() == VIDEO


def test_an_expired_url_is_renewed_by_asking_for_the_result_again(output, clock, sent):
    clock.advance(48 * 3600)
    before = len(sent())
    assert output["images"]["url"].read() == INVERTED
    assert sent()[before:] == ["get", "result", "get"]
