"""What a file and an output show of themselves in a notebook, and what is fetched for it."""

from __future__ import annotations

import base64
import io
import re
import sys
from contextlib import suppress
from html import unescape
from http.server import BaseHTTPRequestHandler

import numpy as np
import pytest
from PIL import Image
from serving import serving
from speedpix_emulator import Fault, OutputFile

from .conftest import VIDEO, png

LIMIT = 16 * 1024 * 1024  # bytes that are fetched to show a picture


@pytest.fixture(scope="module", autouse=True)
def _workflows(emulator):
    @emulator.workflow("gallery", inputs={}, outputs={"pictures": "json", "clip": "video"})
    def gallery():
        clip = OutputFile(VIDEO, "clip.mp4", "video/mp4")
        return {"pictures": [png(1), png(2)], "clip": clip}

    @emulator.workflow("noise", inputs={"mode": "text"}, outputs={"image": "image"})
    def noise(mode):
        return {"image": Image.fromarray(numbers()).convert(mode)}

    @emulator.workflow("bytes", inputs={"size": "number"}, outputs={"image": "image"})
    def some_bytes(size):
        return {"image": OutputFile(png().ljust(size, b"\0"), "large.png", "image/png")}

    @emulator.workflow("text", inputs={}, outputs={"image": "image"})
    def text():
        return {"image": OutputFile(b"no picture", "text.png", "image/png")}


def numbers():
    """A picture that can't be compressed."""
    return np.random.default_rng(1).integers(0, 256, (600, 900, 4), dtype=np.uint8)


def embedded(html):
    """The contents of the data URIs in some HTML."""
    return [base64.b64decode(each) for each in re.findall(r'src="data:[^,]+;base64,([^"]+)"', html)]


@pytest.fixture
def fetched(sent):
    """A function that counts the files that were fetched."""
    return lambda: sent().count("get")


def test_nothing_is_fetched_before_it_is_shown(client, fetched):
    output = client.run("gallery", {})
    assert repr(output) == repr(dict(output))
    assert fetched() == 0


def test_a_small_picture_is_shown_as_it_is_and_fetched_once(client, fetched):
    file = client.run("invert", {"image": png(40)})["images"]
    for each in (file, file, file["url"]):
        assert embedded(each._repr_html_()) == [png(215)]
    assert fetched() == 1


def test_a_gallery_fetches_each_picture_once_and_no_video(client, fetched):
    output = client.run("gallery", {})
    assert embedded(output._repr_html_()) == [png(1), png(2)]
    player = f'<video controls preload="metadata" src="{output["clip"].url}"'
    assert player in unescape(output._repr_html_())
    output["pictures"][0]._repr_html_()
    assert fetched() == 2


@pytest.mark.parametrize(("mode", "kept"), [("RGB", "RGB"), ("L", "RGB"), ("RGBA", "RGBA")])
def test_a_large_picture_is_shown_as_a_thumbnail(client, mode, kept):
    file = client.run("noise", {"mode": mode})["image"]
    html = file._repr_html_()
    (content,) = embedded(html)
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (512, 341)
        assert image.mode == kept  # what is transparent stays so
    assert "image.png · 900 × 600" in html


@pytest.mark.parametrize("size", [LIMIT, LIMIT + 1])
def test_a_file_is_fetched_up_to_a_limit(client, size):
    html = client.run("bytes", {"size": size})["image"]._repr_html_()
    assert len(embedded(html)) == (size <= LIMIT)
    assert ("it has more than 16 MiB" in html) == (size > LIMIT)


@pytest.fixture
def endless():
    """The URL of a picture that has no end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):  # the client hangs up
                while True:
                    self.wfile.write(bytes(65536))

    with serving(Handler) as (_, url):
        yield f"{url}/endless.png"


def test_a_file_of_unknown_size_is_fetched_up_to_the_limit(client, endless):
    output = client.run("echo", {"url": endless})
    assert "it has more than 16 MiB" in output._repr_html_()


def test_what_takes_too_long_is_not_waited_for(client, emulator, clock):
    file = client.run("invert", {"image": png(41)})["images"]

    def late(answer):
        clock.advance(60)
        return answer

    emulator.faults.add("get", Fault("late", rewrite=late))
    html = unescape(file._repr_html_())
    assert "can't be shown: it did not come within 10 s" in html
    assert embedded(html) == []
    assert f'href="{file.url}"' in html


@pytest.mark.parametrize("fault", ["store_unavailable", "drop_before", "html", "expired"])
def test_a_failure_is_told_and_the_next_look_tries_again(client, emulator, fetched, fault):
    output = client.run("gallery", {})
    emulator.faults.add("get", fault)
    html = output._repr_html_()
    assert html.count("can't be shown: ") == 1
    assert len(embedded(html)) == 1
    assert embedded(output._repr_html_()) == [png(1), png(2)]
    assert fetched() == 3


def test_what_is_no_picture_is_told(client):
    html = unescape(client.run("text", {})["image"]._repr_html_())
    assert "can't be shown: 'text.png' is not a picture" in html


def test_without_pillow_small_pictures_are_shown_and_large_ones_linked(client, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    small = client.run("echo", {"url": str(client.files.create(png(3)))})
    assert embedded(small._repr_html_()) == [png(3)]
    monkeypatch.undo()
    large = client.run("noise", {"mode": "RGB"})["image"]
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    html = large._repr_html_()
    assert embedded(html) == []
    assert "Pillow is needed for pictures" in html
