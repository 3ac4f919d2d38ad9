"""Pictures of strangers: only formats made of pixels are opened, and only in bounded memory."""

from __future__ import annotations

import io

import pytest
from PIL import EpsImagePlugin, Image

from speedpix import SpeedPixException
from speedpix.inputs.pictures import is_too_large, opened, thumbnail

EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\n%%EOF\n"


def encoded(size, kind, mode="RGB", **options):
    buffer = io.BytesIO()
    Image.new(mode, size).save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("use", [opened, lambda content, name: thumbnail(content, name, 64)])
def test_no_program_is_started_for_postscript(monkeypatch, use):
    def started(*_arguments, **_options):
        raise AssertionError

    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", started)
    with pytest.raises(SpeedPixException, match="not a picture, or of a format"):
        use(EPS, "a.png")


def test_no_program_is_started_for_what_an_assistant_is_shown(monkeypatch, tmp_path):
    answers = pytest.importorskip("speedpix.agents.answers")
    started = []
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_, **__: started.append(1))
    (tmp_path / "a.png").write_bytes(EPS)
    (tmp_path / "b.png").write_bytes(encoded((9, 9), "PNG", "RGBA"))
    assert [each.mime_type for each in answers.previews(sorted(tmp_path.iterdir()))] == [
        "image/jpeg"
    ]
    assert not started


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "ICO", "PPM"])
def test_formats_made_of_pixels_are_opened(kind):
    assert opened(encoded((16, 16), kind), "a").size == (16, 16)


def test_a_picture_of_too_many_pixels_is_not_shown():
    bomb = encoded((9000, 9000), "PNG", "1")
    assert len(bomb) < 20_000
    assert is_too_large(bomb)
    with pytest.raises(SpeedPixException, match=r"9000 × 9000 pixels, too many to be shown"):
        thumbnail(bomb, "a.png", 512)
    assert not is_too_large(encoded((100, 100), "PNG"))
    assert not is_too_large(b"no picture")


def test_a_large_jpeg_is_shown_reduced():
    content = encoded((8000, 8000), "JPEG", "L")
    kind, small = thumbnail(content, "a.jpg", 512)
    assert kind == "image/jpeg"
    assert opened(small, "a").size == (512, 512)


def test_a_rotated_picture_is_shown_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded((400, 200), "JPEG", exif=exif)
    assert opened(thumbnail(content, "a.jpg", 100)[1], "a").size == (50, 100)
