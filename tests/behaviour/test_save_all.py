"""Every file of an output saved at once, each under a name from its key."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
import re
from pathlib import Path

import pytest

from speedpix import ConfigurationError, DownloadError, InputError, Output

from .conftest import png

MANY = 40  # more than are fetched at a time


@pytest.fixture(scope="module", autouse=True)
def _workflows(emulator):
    @emulator.workflow("nested", inputs={}, outputs={"images": "image", "style": "json"})
    def nested():
        return {"images": png(1), "style": {"ref": [png(2), png(3)], "name": "ink"}}

    @emulator.workflow("many", inputs={}, outputs={"帧": "json"})
    def many():
        return {"帧": [png(level) for level in range(MANY)]}


@pytest.fixture(params=["sync", "async"])
def save_all(request):
    if request.param == "sync":
        return lambda output, directory, **how: output.save_all(directory, **how)
    return lambda output, directory, **how: asyncio.run(output.async_save_all(directory, **how))


@pytest.fixture
def output(client):
    return client.run("nested", {})


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_every_file_is_saved_once_under_its_key(output, save_all, tmp_path, sent):
    before = len(sent())
    paths = save_all(output, tmp_path / "new" / "folder")
    names = ["images.png", "style-ref-0.png", "style-ref-1.png"]
    assert paths == [tmp_path / "new" / "folder" / name for name in names]
    assert [path.read_bytes() for path in paths] == [png(1), png(2), png(3)]
    assert len(contents(tmp_path / "new" / "folder")) == 3
    assert sent()[before:] == ["get"] * 3


def test_a_string_will_do_and_what_is_there_is_replaced(output, save_all, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "images.png").write_bytes(b"older")
    assert save_all(output, ".")[0] == Path("images.png")
    assert (tmp_path / "images.png").read_bytes() == png(1)


def test_a_word_is_no_switch(output, save_all, tmp_path):
    with pytest.raises(InputError, match="overwrite"):
        save_all(output, tmp_path / "out", overwrite="no")
    assert not (tmp_path / "out").exists()


def test_many_are_saved_in_order_with_keys_of_any_language(client, save_all, tmp_path):
    paths = save_all(client.run("many", {}), tmp_path)
    assert [path.name for path in paths] == [f"帧-{number}.png" for number in range(MANY)]
    assert [path.read_bytes() for path in paths] == [png(level) for level in range(MANY)]


def test_a_workflow_without_output_fields(client, save_all, tmp_path):
    paths = save_all(client.run("list", {"count": 2}), tmp_path)
    assert [path.name for path in paths] == ["images-0.png", "images-1.png"]


def test_a_file_of_several_places_is_saved_after_the_first(client, save_all, tmp_path, output):
    url = str(output["images"])
    echoed = client.run("echo", {"b": {"url": url, "also": url}, "a": [url]})
    assert [path.name for path in save_all(echoed, tmp_path)] == ["given-b.png"]


def test_keys_that_make_the_same_name_do_not_meet(client, save_all, tmp_path, output):
    first, second, third = (str(file) for file in (output["images"], *output["style"]["ref"]))
    echoed = client.run("echo", {"a": [first], "a-0": second, "../A/0": third})["given"]
    paths = save_all(Output(echoed), tmp_path)
    assert [path.name for path in paths] == ["a-0.png", "a-0-2.png", "_A_0.png"]
    assert list(contents(tmp_path).values()).count(png(1)) == 1
    assert paths[1].read_bytes() == png(2)


def test_an_output_without_files_saves_none(client, save_all, tmp_path):
    assert save_all(client.run("echo", {"text": "x"}), tmp_path / "new") == []
    assert not (tmp_path / "new").exists()


def test_one_that_fails_is_named_and_those_saved_stay(make_client, save_all, emulator, tmp_path):
    output = make_client(max_retries=0).run("many", {})
    emulator.faults.add("get", "store_unavailable", after=MANY - 1)  # the last one to be fetched
    with pytest.raises(DownloadError) as caught:
        save_all(output, tmp_path)
    failed = re.match(r'output\["帧"\]\[(\d+)\]: ', caught.value.message)
    assert caught.value.status_code == 503
    assert caught.value.request_id
    whole = {f"帧-{number}.png": png(number) for number in range(MANY)}
    del whole[f"帧-{failed[1]}.png"]
    assert contents(tmp_path) == whole


def test_after_a_failure_no_more_are_begun(make_client, save_all, emulator, tmp_path, sent):
    output = make_client(max_retries=0).run("many", {})
    before = len(sent())
    emulator.faults.add("get", "store_unavailable", times=2)
    with pytest.raises(DownloadError):
        save_all(output, tmp_path)
    begun = sent()[before:].count("get")
    assert begun < MANY
    assert len(contents(tmp_path)) == begun - 2


def test_a_folder_that_cannot_be_made(output, save_all, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DownloadError, match=r'output\["[a-z]+"\].*can\'t be written'):
        save_all(output, tmp_path / "file")


@pytest.mark.parametrize(
    "again",
    [
        lambda value: pickle.loads(pickle.dumps(value)),
        lambda value: pickle.loads(pickle.dumps(value, 0)),
        copy.copy,
        copy.deepcopy,
    ],
    ids=["pickle", "old pickle", "copy", "deepcopy"],
)
def test_an_output_is_a_dict_and_its_copies_are_outputs(output, again, tmp_path):
    plain = json.loads(json.dumps(output))
    assert output == plain == dict(output)
    assert isinstance(output, dict)
    assert repr(output) == repr(plain)
    assert str(output) == str(plain)
    twin = again(output)
    assert type(twin) is Output
    assert twin == plain
    assert len(twin.save_all(tmp_path)) == 3


def test_the_output_of_a_prediction_is_the_same(client, save_all, tmp_path):
    prediction = client.run("nested", {}, wait=False).wait()
    assert len(save_all(prediction.output, tmp_path)) == 3
    assert isinstance(client.predictions.get(prediction.id).output, Output)


def test_text_is_neither_fetched_nor_an_error(client, save_all, tmp_path, output, sent):
    url = str(output["images"])
    texts = ["http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:1/page"]
    echoed = client.run("echo", {"file": {"url": url, "type": "image"}, "texts": texts})
    before = len(sent())
    assert [path.name for path in save_all(echoed, tmp_path)] == ["given-file.png"]
    assert sent()[before:] == ["get"]
    html = echoed._repr_html_()
    assert texts[0] in html
    assert f'href="{texts[0]}"' not in html
    with pytest.raises(DownloadError):
        echoed["given"]["texts"][1].save(tmp_path / "asked-for")


def test_a_guess_that_cannot_be_had_is_passed_over(client, save_all, tmp_path, caplog):
    echoed = client.run("echo", {"text": "http://127.0.0.1:1/a.png"})
    assert save_all(echoed, tmp_path) == []
    assert "http://127.0.0.1:1/a.png was not saved, as it may be no file" in caplog.text
    echoed = client.run("echo", {"file": {"url": "http://127.0.0.1:1/a.png", "type": "image"}})
    with pytest.raises(DownloadError, match=r'output\["given"\]\["file"\]'):
        save_all(echoed, tmp_path)


def test_an_allow_list_of_hosts(make_client, save_all, tmp_path, emulator):
    client = make_client(download_hosts=["elsewhere.test"])
    output = client.run("nested", {})
    with pytest.raises(DownloadError, match="download_hosts"):
        save_all(output, tmp_path)
    host = emulator.store_url.partition("://")[2]
    for hosts in ([host], ["127.0.0.1"], ["*.test", host]):
        output = make_client(download_hosts=hosts).run("nested", {})
        assert len(save_all(output, tmp_path)) == 3
    for wrong in ("store.test", [], ["https://store.test"], [7], [""]):
        with pytest.raises(ConfigurationError, match="download_hosts must be a list"):
            make_client(download_hosts=wrong)


def test_progress_and_time_of_all(client, save_all, tmp_path, clock, emulator):
    told = []
    output = client.run("many", {})
    save_all(output, tmp_path, on_progress=lambda *news: told.append(news))
    size = sum(len(png(level)) for level in range(MANY))
    assert told[-1] == (size, size)
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    emulator.faults.add("get", "store_unavailable", times=999)
    start = clock.monotonic()
    with pytest.raises(DownloadError):
        save_all(output, tmp_path, timeout=2)
    assert clock.monotonic() - start < 3
    emulator.faults.clear()


# What comes beside the output --------------------------------------------------------------------


def test_temporary_files_reach_the_user(emulator, client, tmp_path):
    @emulator.workflow("beside", inputs={}, outputs={"images": "image"})
    def beside():
        return {"images": png(1), "temp_files": [png(2), png(3)]}

    output = client.run("beside", {}, return_temp_files=True)
    assert [file.read() for file in output.temp_files] == [png(2), png(3)]
    assert json.loads(json.dumps(output)) == dict(output)
    assert len(output.save_all(tmp_path)) == 1
    prediction = client.run("beside", {}, wait=False, return_temp_files=True).wait()
    assert prediction.temp_files == prediction.output.temp_files != []
    twin = pickle.loads(pickle.dumps(prediction.output))
    assert twin.temp_files[0].origin.part == "temp_files"
    assert client.run("beside", {}).temp_files == []


def test_their_expired_urls_are_renewed(emulator, client, clock):
    output = client.run("beside", {}, return_temp_files=True)
    clock.advance(48 * 3600)
    assert output.temp_files[1].read() == png(3)
