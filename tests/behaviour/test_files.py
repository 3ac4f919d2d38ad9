"""Files: uploaded by hand, and found in an input."""

from __future__ import annotations

import base64
import io
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from speedpix import File, InputError

from .conftest import png, stored

PNG = png(40)


@pytest.mark.parametrize(
    "make",
    [
        lambda: "./input.png",
        lambda: "input.png",
        lambda: Path("input.png"),
        lambda: PNG,
        lambda: bytearray(PNG),
        lambda: io.BytesIO(PNG),
    ],
)
def test_each_kind_of_file_is_uploaded(create, picture, emulator, make):
    file = create(make())
    stored = emulator.objects[-1]
    assert stored.file.read_bytes() == PNG
    assert stored.content_type == file.content_type == "image/png"
    assert stored.key == file.object_key
    assert file.size == len(PNG)


def test_an_open_file_is_sent_from_its_start_and_left_open(create, picture, emulator):
    with open("input.png", "rb") as stream:
        stream.read(5)
        file = create(stream)
        assert not stream.closed
    assert emulator.objects[-1].file.read_bytes() == PNG
    assert file.name == "input.png"


def test_the_fields_of_a_file(create, picture, clock, emulator):
    file = create("./input.png")
    assert isinstance(file, File)
    assert str(file) == file.url == file.access_url
    assert file.access_url.startswith(f"{emulator.store_url}/")
    assert file.upload_url.startswith(f"{emulator.store_url}/")
    assert file.upload_url not in repr(file)
    assert file.path
    assert file.object_key
    assert file.name == "input.png"
    assert file.expire_time.utcoffset() == timedelta(0)
    assert file.expire_time.timestamp() - clock.time() == pytest.approx(3600, abs=0.001)


def test_name_and_type_can_be_given(create, picture, emulator):
    file = create(picture, filename="photo.bin", content_type="application/x-photo")
    assert (file.name, file.content_type) == ("photo.bin", "application/x-photo")
    assert emulator.objects[-1].content_type == "application/x-photo"


def test_an_empty_file_is_refused_before_anything_is_sent(create, given, picture, sent):
    picture.write_bytes(b"")
    for empty in (b"", picture, "./input.png", io.BytesIO(), io.BufferedReader(io.BytesIO())):
        with pytest.raises(InputError, match="is empty"):
            create(empty)
        with pytest.raises(InputError, match=r'input\["a"\]\[1\]: .*is empty'):
            given({"a": [PNG, empty]})
    with pytest.raises(InputError, match="is empty"):
        create(iter([b"", b""]))
    assert sent() == []


def test_a_file_that_is_not_there(create, sent):
    for missing in ("missing.png", Path("missing.png"), Path()):
        with pytest.raises(InputError, match=r"missing\.png|not a file"):
            create(missing)
    for wrong in (None, 7, ["a.png"]):
        with pytest.raises(InputError, match="must be a path"):
            create(wrong)
    assert sent() == []


# In an input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "make",
    [
        lambda: "./input.png",
        lambda: "input.png",
        lambda: Path("input.png"),
        lambda: PNG,
        lambda: memoryview(PNG),
        lambda: io.BytesIO(PNG),
    ],
)
def test_a_local_file_becomes_a_url_at_any_depth(given, picture, emulator, make):
    found = given({"style": {"ref": ["text", make()]}, "number": 1})
    url = found["style"]["ref"][1]
    assert stored(emulator, url) == PNG
    assert found == {"style": {"ref": ["text", url]}, "number": 1}


def test_an_absolute_path_and_one_from_home(given, picture, emulator, monkeypatch):
    monkeypatch.setenv("HOME", str(picture.parent))
    monkeypatch.setenv("USERPROFILE", str(picture.parent))
    found = given({"a": str(picture), "b": "~/input.png"})
    assert stored(emulator, found["a"]) == stored(emulator, found["b"]) == PNG


def test_text_stays_text_whatever_files_exist(given, picture, sent, monkeypatch):
    (picture.parent / "README").write_text("a file")
    prompts = ["README", "./README", "/etc/hostname", "x" * 5000, "no-such.png", "一幅画.jpg ", ""]
    assert given({"prompts": prompts}) == {"prompts": prompts}
    assert "sign" not in sent()


def test_the_same_file_several_times_is_uploaded_once(given, picture, sent):
    content = png(7)
    found = given(
        {"a": "./input.png", "b": ["input.png", Path("input.png")], "c": content, "d": [content]}
    )
    assert sent().count("put") == 2
    assert found["a"] == found["b"][0] == found["b"][1]
    assert found["c"] == found["d"][0]


def test_urls_and_data_uris_are_sent_as_they_are(given, sent):
    values = ["https://host.test/a.png", "data:image/png;base64,iVBORw0KGgo="]
    assert given({"values": values}) == {"values": values}
    assert "sign" not in sent()


def test_an_uploaded_file_is_sent_as_its_url(given, client, sent):
    file = client.files.create(PNG)
    before = len(sent())
    assert given({"a": file, "b": file.access_url}) == {"a": file.access_url, "b": file.access_url}
    assert "sign" not in sent()[before:]


def test_an_output_is_the_next_input_without_an_upload(client, sent):
    first = client.run("invert", {"image": PNG})
    for image in (first["images"], first["images"]["url"]):
        before = len(sent())
        second = client.run("invert", {"image": image})
        assert "sign" not in sent()[before:]
        assert second["images"].read() == PNG


def test_base64_needs_no_upload(given, picture, sent):
    found = given({"a": ["./input.png", b"GIF89a"]}, file_encoding_strategy="base64")
    assert found["a"][0] == f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert found["a"][1].startswith("data:image/gif;base64,")
    assert "sign" not in sent()


def test_a_workflow_can_read_a_data_uri(client, picture):
    output = client.run("invert", {"image": "./input.png"}, file_encoding_strategy="base64")
    assert output["images"].width == 4


@pytest.mark.parametrize(
    ("bad", "options"),
    [
        ("./missing.jpg", {}),
        (Path("missing"), {}),
        (float("nan"), {}),
        (object(), {}),
        (b"x" * (1024 * 1024 + 1), {"file_encoding_strategy": "base64"}),
    ],
    ids=["path string", "path", "nan", "object", "too large"],
)
def test_everything_is_checked_before_the_first_byte(given, picture, sent, bad, options):
    with pytest.raises(InputError) as caught:
        given({"good": PNG, "style": {"ref": [bad]}}, **options)
    assert 'input["style"]["ref"][0]' in str(caught.value)
    assert sent() == []


def test_local_files_never(make_client, picture, sent):
    client = make_client(local_files="never")
    strings = ["./input.png", str(picture), "./missing.png", "~/a.jpg"]
    assert client.run("echo", {"strings": strings})["given"] == {"strings": strings}
    assert "sign" not in sent()
    assert client.run("echo", {"a": picture})["given"]["a"].startswith("http")


def test_numbers_and_arrays_of_numpy(given):
    found = given({"a": np.float32(0.5), "b": np.arange(4).reshape(2, 2), "c": {np.int8(1)}})
    assert found == {"a": 0.5, "b": [[0, 1], [2, 3]], "c": [1]}
