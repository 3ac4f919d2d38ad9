"""What in an input is a file, and what is text."""

from __future__ import annotations

import base64
import io
import os
from pathlib import Path, PurePosixPath

import pytest

from speedpix import File, FileOutput, InputError
from speedpix.inputs.prepare import data_uri, filled, prepare
from speedpix.inputs.sources import FileSource, from_bytes
from speedpix.values.link import Origin
from speedpix.values.output import wrap

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 8


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A working directory with a few files; also the home directory."""
    (tmp_path / "dir").mkdir()
    for name in ("a.jpg", "dir/b.png", "README", "notes.txt", "UPPER.JPG", "clip.mp4", "s.wav"):
        (tmp_path / name).write_bytes(PNG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    return tmp_path


def found(value, local_files="auto"):
    """The one value, walked: JSON, or the FileSource that stands for a file."""
    return prepare({"field": value}, local_files).tree["field"]


# Strings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "./a.jpg",
        "a.jpg",
        "dir/b.png",
        "./dir/b.png",
        "dir/../a.jpg",
        "~/a.jpg",
        "UPPER.JPG",
        "clip.mp4",
        "s.wav",
        "./dir//b.png",
    ],
)
def test_a_string_that_is_a_media_path_is_a_file(value):
    source = found(value)
    assert isinstance(source, FileSource)
    assert source.name == Path(value).name
    assert source.size == len(PNG)


def test_an_absolute_path_is_a_file(folder):
    assert isinstance(found(str(folder / "a.jpg")), FileSource)


@pytest.mark.parametrize(
    "value",
    [
        "./missing.jpg",
        "../missing.png",
        "/missing.png",
        "~/missing.jpg",
        "~nobody-of-this-name/a.jpg",
        r"C:\missing.png",
        "C:/missing.png",
        r"\\server\share\missing.png",
        r".\missing.jpg",
        "./missing.mp4",
        "./missing.WAV",
    ],
)
def test_an_explicit_path_must_exist(value):
    with pytest.raises(InputError) as caught:
        found(value)
    assert caught.value.message.startswith('input["field"]: ')
    assert "missing" in str(caught.value) or "nobody" in str(caught.value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        " ",
        "a prompt",
        "README",
        "./README",
        "notes.txt",
        "./notes.txt",
        "/etc/hostname",
        "/etc/passwd",
        "./dir",
        "dir/",
        "missing.jpg",
        "dir/missing.png",
        "an image like photo.jpg",
        "C:",
        "一幅美丽的山水画",
        "file.jpg\n",
        "./a.jpg\n",
        "line one\nline two a.jpg",
        "./a.jpg\0",
        "x" * 5000,
        "/" * 5000 + "a.jpg",
        "./" + "x" * 5000 + ".jpg",
        "https://host.test/a.jpg",
        "HTTPS://host.test/a.jpg",
        "http://host.test/a.png",
        "data:image/png;base64,iVBORw0KGgo=",
        "data:image/png,a.png",
        "ftp://host.test/a.jpg",
        ".jpg",
        "./.jpg",
    ],
)
def test_all_other_strings_are_text_and_sent_as_they_are(value):
    assert found(value) == value
    assert type(found(value)) is str


def test_a_folder_with_a_media_extension_is_no_file(folder):
    (folder / "album.jpg").mkdir()
    assert found("album.jpg") == "album.jpg"
    with pytest.raises(InputError, match="not a file"):
        found("./album.jpg")


@pytest.mark.parametrize("value", ["./a.jpg", "a.jpg", "/missing.png", r"C:\a.png", "~/a.jpg"])
def test_never_takes_every_string_as_text(value):
    assert found(value, "never") == value


def test_never_still_takes_paths_streams_and_bytes():
    for value in (Path("a.jpg"), PNG, io.BytesIO(PNG)):
        assert isinstance(found(value, "never"), FileSource)


def test_text_that_is_no_unicode_is_refused():
    with pytest.raises(InputError, match=r'^input\["field"\].*Unicode'):
        found("broken \udc80 text")


# What is always a file ----------------------------------------------------------------------


def test_a_path_object_is_a_file_whatever_its_extension():
    assert found(Path("README")).name == "README"
    assert found(Path("~/notes.txt")).name == "notes.txt"


@pytest.mark.parametrize("value", [Path("missing"), PurePosixPath("missing"), Path("dir")])
def test_a_path_object_must_be_a_file(value):
    with pytest.raises(InputError, match=r'^input\["field"\]: '):
        found(value)


@pytest.mark.parametrize("value", [PNG, bytearray(PNG), memoryview(PNG)])
def test_bytes_are_a_file(value):
    source = found(value)
    assert source.content_type == "image/png"
    assert source.size == len(PNG)
    assert source.open().read() == PNG


def test_a_file_object_is_a_file():
    with open("a.jpg", "rb") as stream:
        source = found(stream)
        assert source.name == "a.jpg"
        assert source.content_type == "image/jpeg"


def test_a_directory_entry_is_a_file():
    with os.scandir(".") as entries:
        entry = next(entry for entry in entries if entry.name == "a.jpg")
    assert found(entry).name == "a.jpg"


# What is within the service's reach already --------------------------------------------------


def uploaded():
    return File(
        access_url="https://store.test/up.png",
        path=None,
        object_key=None,
        upload_url="https://store.test/up.png?Signature=x",
        expire_time=None,
        name="up.png",
        content_type="image/png",
        size=1,
    )


OUTPUT = wrap(
    {"images": {"url": "https://store.test/out.png", "type": "image"}}, Origin(prediction_id="p")
)


@pytest.mark.parametrize(
    ("value", "url"),
    [
        (uploaded(), "https://store.test/up.png"),
        (OUTPUT["images"], "https://store.test/out.png"),
        (OUTPUT["images"]["url"], "https://store.test/out.png"),
    ],
)
def test_files_and_outputs_are_sent_as_their_url(value, url):
    assert found(value) == url
    assert type(found(value)) is str


def test_a_whole_output_can_be_an_input():
    assert isinstance(OUTPUT["images"], FileOutput)
    assert prepare(OUTPUT, "auto").tree == {"images": "https://store.test/out.png"}


# The files of an input -----------------------------------------------------------------------


def test_every_file_is_found_with_its_place_in_order():
    prepared = prepare(
        {"z": Path("a.jpg"), "list": ["dir/b.png", {"x": PNG}], "text": "README"}, "auto"
    )
    assert [place for place, _ in prepared.files] == [
        'input["z"]',
        'input["list"][0]',
        'input["list"][1]["x"]',
    ]


@pytest.mark.parametrize("make", [lambda: Path("a.jpg"), lambda: "a.jpg"])
def test_the_same_path_twice_is_one_file(make):
    prepared = prepare({"a": make(), "b": make(), "c": [make()]}, "auto")
    assert len(prepared.files) == 1
    assert prepared.tree["a"] is prepared.tree["c"][0]


def test_all_ways_to_write_a_path_are_one_file(folder):
    ways = ["a.jpg", "./a.jpg", "dir/../a.jpg", "~/a.jpg", folder / "a.jpg"]
    assert len(prepare({"ways": ways}, "auto").files) == 1


def test_the_same_bytes_or_stream_twice_is_one_file():
    stream = io.BytesIO(PNG)
    assert len(prepare({"a": PNG, "b": PNG}, "auto").files) == 1
    assert len(prepare({"a": stream, "b": [stream]}, "auto").files) == 1


def test_two_streams_are_two_files():
    assert len(prepare({"a": io.BytesIO(b"1"), "b": io.BytesIO(b"2")}, "auto").files) == 2


def test_bytes_that_only_live_while_walked_do_not_mix():
    """Let the generator's values be freed at once: their identities come again."""
    prepared = prepare({"list": (bytes([number]) * 40 for number in range(50))}, "auto")
    contents = [source.open().read() for _, source in prepared.files]
    assert contents == [bytes([number]) * 40 for number in range(50)]


def test_the_files_are_replaced_and_all_else_kept():
    prepared = prepare({"a": PNG, "list": [1, {"b": "a.jpg"}], "none": None}, "auto")
    values = {id(source): f"url-{number}" for number, (_, source) in enumerate(prepared.files)}
    assert filled(prepared, values) == {"a": "url-0", "list": [1, {"b": "url-1"}], "none": None}


def test_the_callers_input_is_left_alone():
    given = {"a": "a.jpg", "list": [PNG, (1,)]}
    prepare(given, "auto")
    assert given == {"a": "a.jpg", "list": [PNG, (1,)]}


# base64 ---------------------------------------------------------------------------------------


def test_a_data_uri_has_type_and_content():
    uri = data_uri("place", from_bytes(PNG))
    head, _, body = uri.partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(body) == PNG


def test_one_mebibyte_fits_and_one_byte_more_does_not():
    assert data_uri("place", from_bytes(b"x" * 1024 * 1024))
    with pytest.raises(InputError, match=r"^here: .*1 MiB.*url") as caught:
        data_uri("here", from_bytes(b"x" * (1024 * 1024 + 1), filename="big.png"))
    assert "big.png" in str(caught.value)


def test_a_file_that_went_away_is_told(folder):
    prepared = prepare({"a": "./a.jpg"}, "auto")
    (folder / "a.jpg").unlink()
    with pytest.raises(InputError, match="can't be read"):
        data_uri(*prepared.files[0])
