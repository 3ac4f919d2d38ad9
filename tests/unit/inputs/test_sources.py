"""Files to be sent: name, media type, size, and what can't be sent."""

from __future__ import annotations

import io
import os
import sys

import pytest

from speedpix import InputError
from speedpix.inputs.media_types import MEDIA_TYPES, media_type
from speedpix.inputs.sources import from_bytes, from_path, from_stream
from speedpix.inputs.streams import read_up_to


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.jpg", "image/jpeg"),
        ("a.JPEG", "image/jpeg"),
        ("a.png", "image/png"),
        ("a.webp", "image/webp"),
        ("a.avif", "image/avif"),
        ("a.heic", "image/heic"),
        ("a.mp4", "video/mp4"),
        ("a.mov", "video/quicktime"),
        ("a.mkv", "video/x-matroska"),
        ("a.mp3", "audio/mpeg"),
        ("a.wav", "audio/wav"),
        ("a.m4a", "audio/mp4"),
        ("a.json", "application/json"),
        ("a.unknown-kind", "application/octet-stream"),
        ("", "application/octet-stream"),
    ],
)
def test_the_media_type_of_a_name(name, kind):
    assert media_type(name) == kind


@pytest.mark.parametrize("extension", ["jpg", "png", "gif", "bmp", "webp", "mp4", "mov"])
def test_every_format_that_the_guide_names_is_known(extension):
    assert f".{extension}" in MEDIA_TYPES


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"GIF89a", "image/gif"),
        (b"BM6\x00", "image/bmp"),
        (b"II*\x00", "image/tiff"),
        (b"MM\x00*", "image/tiff"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "audio/wav"),
        (b"RIFF\x10\0\0\0AVI LIST", "video/x-msvideo"),
        (b"\0\0\0\x20ftypavif", "image/avif"),
        (b"\0\0\0\x20ftypheic", "image/heic"),
        (b"\0\0\0\x14ftypqt  ", "video/quicktime"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"ID3\x04", "audio/mpeg"),
        (b"fLaC", "audio/flac"),
        (b"OggS", "audio/ogg"),
        (b"plain text", "application/octet-stream"),
        (b"RIFF\x10\0\0\0????", "application/octet-stream"),
        (b"\0\0\0\x20ftypavis", "image/avif"),
        (b"\0\0\0\x20ftypheix", "image/heic"),
        (b"\0\0\0\x20ftyphevc", "image/heic"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heif", "image/heif"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1miafavif", "image/avif"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "image/heic"),
        (b"\0\0\0\x14ftypmif1\0\0\0\0mif1heic", "image/heif"),  # beyond the box
        (b"\0\0\0\x18ftypmsf1\0\0\0\0msf1iso8", "image/heif"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (b"\0\0\0\x20ftypM4B ", "audio/mp4"),
        (b"\0\0\0\x20ftypM4V ", "video/x-m4v"),
        (b"\0\0\0\x20ftyp3gp4", "video/3gpp"),
        (b"\x1aE\xdf\xa3\x42\x82\x88matroska", "video/x-matroska"),
        (b"\xff\xfb\x90\x64", "audio/mpeg"),
        (b"\xff\xf1\x50\x80", "audio/aac"),
        (b"FORM\0\0\0\x10AIFFCOMM", "audio/aiff"),
    ],
)
def test_content_without_a_name_is_told_by_its_first_bytes(head, kind):
    source = from_bytes(head)
    assert source.content_type == kind
    assert source.size == len(head)


def test_a_name_tells_more_than_the_content():
    assert from_bytes(b"\xff\xd8\xff", filename="a.png").content_type == "image/png"


def test_nameless_content_gets_a_name_of_its_type():
    assert from_bytes(b"\x89PNG\r\n\x1a\n").name == "file.png"
    assert from_bytes(b"\xff\xd8\xff").name == "file.jpg"
    assert from_bytes(b"?").name == "file"


def test_name_and_type_can_be_given(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"x")
    for source in (
        from_path(path, "b.png", "image/x-mine"),
        from_bytes(b"x", "b.png", "image/x-mine"),
        from_stream(io.BytesIO(b"x"), "b.png", "image/x-mine"),
    ):
        assert (source.name, source.content_type, source.size) == ("b.png", "image/x-mine", 1)


def test_a_path_is_read_anew_each_time_and_closed(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(b"content")
    source = from_path(path)
    for _ in range(2):
        stream = source.open()
        assert stream.read() == b"content"
        stream.close()
        assert stream.closed


def test_a_stream_is_sent_from_its_start_and_left_open():
    stream = io.BytesIO(b"content")
    stream.read(3)
    source = from_stream(stream)
    assert (source.size, source.rewindable) == (7, True)
    for _ in range(2):
        view = source.open()
        assert view.read() == b"content"
        view.close()
    assert not stream.closed


class Pipe(io.RawIOBase):
    """A stream that can't be rewound, as a socket or a pipe is."""

    name = 7  # the number of a file descriptor is no name

    def __init__(self, content):
        self._content = io.BytesIO(content)

    def readable(self):
        return True

    def readinto(self, buffer):
        return self._content.readinto(buffer)


def test_a_stream_that_cannot_be_rewound_has_no_size():
    source = from_stream(Pipe(b"\x89PNG\r\n\x1a\n"))
    assert (source.size, source.rewindable, source.name) == (None, False, "file.png")
    assert read_up_to(source.open(), 100) == b"\x89PNG\r\n\x1a\n"


class Unkept:
    """The least that can be called a file object; no weak reference can be had to it."""

    __slots__ = ("_content",)

    def __init__(self, content):
        self._content = io.BytesIO(content)

    def read(self, size=-1):
        return self._content.read(size)


def test_an_object_that_can_only_be_read_is_enough():
    source = from_stream(Unkept(b"\x89PNG\r\n\x1a\n"))
    assert (source.size, source.rewindable) == (None, False)
    assert source.content_type == "application/octet-stream"  # what is looked at would be lost
    assert source.open().read(100) == b"\x89PNG\r\n\x1a\n"


def test_what_was_looked_at_is_not_lost_to_the_next_who_is_given_the_pipe():
    pipe = Pipe(b"\x89PNG\r\n\x1a\n rest")
    assert from_stream(pipe).content_type == from_stream(pipe).content_type == "image/png"
    view = from_stream(pipe).open()
    assert view.read(3) == b"\x89PN"
    assert read_up_to(view, 100) == b"G\r\n\x1a\n rest"


def test_text_mode_is_refused(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_text("x")
    with path.open() as stream, pytest.raises(InputError, match="rb"):
        from_stream(stream)
    with pytest.raises(InputError, match="text"):
        from_stream(io.StringIO("x"))


def test_a_closed_stream_is_refused():
    stream = io.BytesIO(b"x")
    stream.close()
    with pytest.raises(InputError, match="closed"):
        from_stream(stream)


def test_a_missing_file_says_from_where_it_was_looked_for(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no file") as caught:
        from_path(tmp_path.__class__("missing.jpg"))
    assert str(tmp_path) in str(caught.value)


def test_a_folder_is_refused(tmp_path):
    with pytest.raises(InputError, match="not a file"):
        from_path(tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(InputError, match="not a file"):
        from_path(tmp_path / "pipe.jpg")
