"""Which strings, paths and values of an input are files, and what is refused at its place."""

from __future__ import annotations

import enum
import io
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from speedpix import InputError

from .conftest import png, stored

PNG = png(40)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


NAMES = [
    "产品　主图.jpg",  # an ideographic space
    "no\u00a0break.jpg",
    "narrow\u202fspace.jpg",
    "soft\u00adhyphen.jpg",
    "family \U0001f468\u200d\U0001f469\u200d\U0001f467.jpg",
    "right\u200fto left.jpg",
    "private \ue000.jpg",
    "line\u2028separator.jpg",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_a_file_whatever_characters_its_name_has(given, emulator, name):
    Path(name).write_bytes(PNG)
    found = given({"a": f"./{name}", "b": [name], "c": str(Path(name).resolve())})
    assert stored(emulator, found["a"]) == PNG
    assert found["a"] == found["b"][0] == found["c"]
    Path(name).unlink()
    with pytest.raises(InputError, match=r'input\["a"\]: there is no file'):
        given({"a": f"./{name}"})


@pytest.mark.skipif(sys.platform == "win32", reason="no such names on Windows")
def test_a_name_with_a_line_end_is_a_file_where_there_is_one(given, emulator):
    Path("a\nb.jpg").write_bytes(PNG)
    assert stored(emulator, given({"a": "./a\nb.jpg"})["a"]) == PNG
    prompt = "/imagine a cat\nin the style of photo.jpg"
    assert given({"a": prompt}) == {"a": prompt}


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are Unicode")
def test_a_name_that_is_no_unicode_is_a_file_where_there_is_one(given, emulator):
    Path(os.fsdecode(b"\xff.jpg")).write_bytes(PNG)
    found = given({"a": os.listdir(), "b": Path(os.fsdecode(b"\xff.jpg"))})
    assert stored(emulator, found["b"]) == PNG
    assert found["a"] == [found["b"]]


# file:// URLs ----------------------------------------------------------------------------------


def test_a_file_url_is_a_file(given, create, emulator, folder):
    for name in ("a b.jpg", "产品　图.png", "notes.txt", "100%.png"):
        path = folder / name
        path.write_bytes(PNG)
        url = path.as_uri()
        forms = [url, url.replace("file://", "FILE://localhost"), url.replace("file://", "file:")]
        found = given({"a": forms})["a"]
        assert stored(emulator, found[0]) == PNG
        assert len(set(found)) == 1
        assert create(url).name == name


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("file:///no/such/file.txt", "there is no file '/no/such/file.txt'"),
        ("file:///a%00b.jpg", "can't be read|no file"),
        ("file://elsewhere/a.jpg", "another machine"),
        ("file:///", "not a file"),
    ],
)
@pytest.mark.skipif(sys.platform == "win32", reason="paths of POSIX")
def test_a_file_url_must_name_a_file_here(given, create, sent, url, why):
    with pytest.raises(InputError, match=rf'input\["a"\]: .*({why})'):
        given({"a": url})
    with pytest.raises(InputError, match=why):
        create(url)
    assert sent() == []


def test_never_takes_file_urls_as_text(make_client, folder, sent):
    (folder / "a.jpg").write_bytes(PNG)
    value = {"a": (folder / "a.jpg").as_uri(), "b": "file:///no/such.jpg", "c": "./产品　图.jpg"}
    assert make_client(local_files="never").run("echo", value)["given"] == value
    assert "sign" not in sent()


# Values ----------------------------------------------------------------------------------------


class Level(enum.IntEnum):
    HIGH = 3


class Nowhere(os.PathLike):
    def __fspath__(self):
        return 7

    def __repr__(self):
        return "Nowhere()"


BAD_PATHS = [
    Path("a\0b"),
    Path("~no-such-user/a.jpg"),
    "~no-such-user/a.jpg",
    Path("\ud800.jpg"),
    "./\ud800.jpg",
    Nowhere(),
    Path("x" * 5000),
]


@pytest.mark.parametrize("path", BAD_PATHS, ids=ascii)
def test_a_path_that_can_be_no_file_is_refused(given, create, sent, path):
    with pytest.raises(InputError, match=r'^input\["a"\]\[1\]: '):
        given({"a": [PNG, path]})
    with pytest.raises(InputError):
        create(path)
    assert sent() == []


def test_a_path_that_is_none_is_text(given):
    texts = ["~\0/a.jpg", "./a\0b.jpg", "file: a.jpg"]
    assert given({"a": texts}) == {"a": texts}


def test_a_memoryview_with_gaps_is_refused(given, create, sent):
    view = memoryview(PNG)[::2]
    with pytest.raises(InputError, match=r'input\["a"\]: .*not contiguous'):
        given({"a": view})
    with pytest.raises(InputError, match="not contiguous"):
        create(view)
    assert sent() == []


@pytest.mark.parametrize("twice", [{1: "a", "1": "b"}, {Level.HIGH: 1, "3": 2}])
def test_keys_that_become_one_are_refused(given, sent, twice):
    with pytest.raises(InputError, match=r'^input\["a"\]\["[13]"\]: two keys'):
        given({"a": twice})
    assert sent() == []


def test_a_key_of_an_enumeration_is_its_number(given):
    assert given({"a": {Level.HIGH: "x", 7: "y"}}) == {"a": {"3": "x", "7": "y"}}


# Pictures --------------------------------------------------------------------------------------


def last(emulator):
    """The picture that reached the store last."""
    return Image.open(io.BytesIO(emulator.objects[-1].file.read_bytes()))


def animated(format):
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "green", "blue")]
    buffer = io.BytesIO()
    frames[0].save(
        buffer, format, save_all=True, append_images=frames[1:], duration=[100, 200, 300], loop=0
    )
    return Image.open(buffer)


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_an_animated_picture_keeps_its_frames(given, create, emulator, format):
    picture = animated(format)
    picture.seek(1)
    content = stored(emulator, given({"a": picture})["a"])
    found = Image.open(io.BytesIO(content))
    assert (found.format, found.n_frames) == ("PNG", 3)
    colours = [frame.convert("RGB").getpixel((0, 0)) for frame in ImageSequence.Iterator(found)]
    assert [max(range(3), key=colour.__getitem__) for colour in colours] == [0, 1, 2]
    assert picture.tell() == 1
    create(picture, content_type="image/gif")
    again = last(emulator)
    assert (again.format, again.n_frames) == ("GIF", 3)


def test_pages_are_no_animation(create, emulator):
    buffer = io.BytesIO()
    pages = [Image.new("RGB", (8, 6)), Image.new("RGB", (4, 4))]
    pages[0].save(buffer, "TIFF", save_all=True, append_images=pages[1:])
    create(Image.open(buffer))
    assert getattr(last(emulator), "n_frames", 1) == 1


@pytest.mark.parametrize(
    ("options", "format", "name"),
    [
        ({"content_type": "image/jpeg"}, "JPEG", "file.jpg"),
        ({"content_type": "image/webp", "filename": "a.webp"}, "WEBP", "a.webp"),
        ({"filename": "photo.jpg"}, "JPEG", "photo.jpg"),
        ({"filename": "photo"}, "PNG", "photo"),
        ({}, "PNG", "file.png"),
    ],
)
def test_a_picture_is_encoded_as_what_it_is_called(create, emulator, options, format, name):
    picture = Image.fromarray(np.zeros((6, 8, 3), "uint8"))
    file = create(picture, **options)
    assert last(emulator).format == format
    assert file.name == name
    assert file.content_type == emulator.objects[-1].content_type == Image.MIME[format]


def test_a_picture_in_a_format_that_cannot_hold_it(create, sent):
    with pytest.raises(InputError, match="JPEG"):
        create(Image.new("RGBA", (4, 3)), content_type="image/jpeg")
    with pytest.raises(InputError, match="no such format"):
        create(Image.new("RGB", (4, 3)), content_type="video/mp4")
    assert sent() == []
