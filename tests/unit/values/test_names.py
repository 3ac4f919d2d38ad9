"""Names of an output's files: made from their keys, safe, and no two alike."""

from __future__ import annotations

import pytest

from speedpix.values.file_output import extension
from speedpix.values.link import Origin
from speedpix.values.names import file_names
from speedpix.values.output import wrap

HOST = "https://store.test"


def file(path="a.png", **facts):
    return wrap({"url": f"{HOST}/{path}", **facts}, Origin())


def names(*places, **facts):
    return file_names([(keys, extension(file(**facts))) for keys in places])


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (("images",), "images.png"),
        (("images", 0), "images-0.png"),
        (("style", "ref", 1), "style-ref-1.png"),
        (("图片", "一幅画"), "图片-一幅画.png"),
        (("v1.5",), "v1.5.png"),
        (("../../etc/passwd",), "_._etc_passwd.png"),
        (("C:\\a",), "C__a.png"),
        (("a\0b\n",), "a_b_.png"),
        (("con",), "_con.png"),
        (("..",), "output.png"),
        (("",), "output.png"),
        (("\ud800",), "_.png"),
    ],
)
def test_a_name_is_made_of_the_keys(keys, name):
    assert names(keys) == [name]


def test_no_two_are_alike():
    places = [("a", 1), ("a-1",), ("A", 1), ("a-1-2",), ("a/1",), ("a:1",)]
    assert names(*places) == [
        "a-1.png",
        "a-1-2.png",
        "A-1-3.png",
        "a-1-2-2.png",
        "a_1.png",
        "a_1-2.png",
    ]


def test_the_same_keys_with_another_extension_keep_their_name():
    files = [(("a", 1), ".png"), (("a-1",), ".jpg")]
    assert file_names(files) == ["a-1.png", "a-1.jpg"]


def test_long_keys_are_cut_and_still_differ():
    found = names(("长" * 500, 0), ("长" * 500, 1))
    assert len(set(found)) == 2
    for name in found:
        assert len(name.encode()) < 200  # a file system allows 255, and a suffix is added
        assert name.endswith(".png")


@pytest.mark.parametrize(
    ("path", "facts", "found"),
    [
        ("a.png", {}, ".png"),
        ("a.png", {"format": "webp"}, ".webp"),
        ("a.png", {"format": "JPG"}, ".jpg"),
        ("view", {"format": "mp4"}, ".mp4"),
        ("a.mp4", {"format": "video/h264-mp4"}, ".mp4"),
        ("a.mp4", {"format": "../../x"}, ".mp4"),
        ("a.mp4", {"format": 7}, ".mp4"),
        ("view", {"filename": "b.GIF"}, ".gif"),
        ("view", {}, ""),
    ],
)
def test_the_extension_is_the_format_or_the_names(path, facts, found):
    assert extension(file(path, **facts)) == found
