"""Pictures of Pillow and numpy: as inputs, and made of output files."""

from __future__ import annotations

import asyncio
import base64
import io
import sys

import numpy as np
import pytest
from PIL import Image
from speedpix_emulator import OutputFile

import speedpix
from speedpix import InputError, SpeedPixException

from .conftest import VIDEO

MODES = ["1", "L", "LA", "P", "RGB", "RGBA"]


@pytest.fixture(scope="module", autouse=True)
def _workflows(emulator):
    @emulator.workflow("copy", inputs={"image": "image"}, outputs={"image": "image"})
    def copy(image):
        return {"image": image}

    @emulator.workflow("files", inputs={}, outputs={"broken": "image", "clip": "video"})
    def files():
        broken = OutputFile(pixels("RGB").tobytes(), "broken.png", "image/png")
        return {"broken": broken, "clip": OutputFile(VIDEO, "clip.mp4", "video/mp4")}


def pixels(mode="RGB", size=(7, 5)):
    """A picture of which no two pixels need be alike; the same one each time."""
    numbers = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 4), dtype=np.uint8)
    image = Image.fromarray(numbers)
    return image.quantize(16) if mode == "P" else image.convert(mode)


def same(one, other):
    return one.mode == other.mode and one.size == other.size and one.tobytes() == other.tobytes()


@pytest.fixture(params=["sync", "async"])
def made(request):
    """A function that calls a method of a file, or its async twin."""

    def blocking(file, name):
        return getattr(file, name)()

    def awaiting(file, name):
        return asyncio.run(getattr(file, f"async_{name}")())

    return blocking if request.param == "sync" else awaiting


@pytest.fixture
def copied(client):
    """An output file that is a picture."""
    return client.run("copy", {"image": pixels()})["image"]


# As inputs -----------------------------------------------------------------------------------


def received(emulator, url):
    """What the emulator's store has under a URL."""
    return next(each for each in emulator.objects if each.key in url)


@pytest.mark.parametrize("mode", MODES)
def test_a_pillow_image_arrives_as_it_is(client, emulator, mode):
    url = client.run("echo", {"deep": [{"er": pixels(mode)}]})["given"]["deep"][0]["er"]
    stored = received(emulator, url)
    assert stored.content_type == "image/png"
    with Image.open(stored.file) as image:
        assert same(image, pixels(mode))


def test_an_image_used_twice_is_uploaded_once(client, sent):
    image = pixels()
    found = client.run("echo", {"a": image, "b": [image]})["given"]
    assert found["a"] == found["b"][0]
    assert sent().count("put") == 1


def test_a_photo_is_sent_upright(client, emulator):
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: a phone that was held upright
    buffer = io.BytesIO()
    pixels(size=(7, 5)).save(buffer, "JPEG", exif=exif)
    url = client.run("echo", {"photo": Image.open(buffer)})["given"]["photo"]
    with Image.open(received(emulator, url).file) as image:
        assert image.size == (5, 7)


def test_an_image_can_be_sent_in_the_request(client, sent):
    found = client.run("echo", {"a": pixels()}, file_encoding_strategy="base64")["given"]["a"]
    head, _, content = found.partition(",")
    assert head == "data:image/png;base64"
    assert same(Image.open(io.BytesIO(base64.b64decode(content))), pixels())
    assert "sign" not in sent()


@pytest.mark.parametrize("mode", ["CMYK", "F", "I", "YCbCr"])
def test_an_image_that_png_cannot_hold_is_refused_at_its_place(client, sent, mode):
    with pytest.raises(InputError, match=r'input\["a"\]\[0\]: a picture of mode ') as caught:
        client.run("echo", {"a": [Image.new(mode, (2, 2))]})
    assert mode in caught.value.message
    assert sent() == []


def test_an_image_that_cannot_be_read_is_refused_at_its_place(client, sent):
    buffer = io.BytesIO()
    pixels(size=(90, 90)).save(buffer, "PNG")
    truncated = Image.open(io.BytesIO(buffer.getvalue()[:-99]))
    with pytest.raises(InputError, match=r'input\["a"\]: .* truncated'):
        client.run("echo", {"a": truncated})
    assert sent() == []


@pytest.mark.parametrize("name", ["create", "async_create"])
def test_an_image_can_be_uploaded_by_hand(client, emulator, name):
    create = getattr(client.files, name)
    file = create(pixels(), filename="mine.png")
    if name == "async_create":
        file = asyncio.run(file)
    assert (file.name, file.content_type) == ("mine.png", "image/png")
    assert client.files.create(pixels()).name == "file.png"
    with Image.open(emulator.objects[-1].file) as image:
        assert same(image, pixels())
    with pytest.raises(InputError, match="mode CMYK"):
        client.files.create(Image.new("CMYK", (2, 2)))


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=np.uint8).reshape(3, 4),
        np.arange(36, dtype=np.uint8).reshape(3, 4, 3),
        np.arange(48, dtype=np.uint8).reshape(3, 4, 4),
        np.arange(36, dtype=np.uint8).reshape(3, 4, 3)[::-1, ::2],
        np.eye(3, 5, dtype=bool),
    ],
    ids=["grey", "RGB", "RGBA", "view", "bool"],
)
def test_a_marked_array_is_a_picture(client, made, array):
    output = client.run("copy", {"image": speedpix.picture(array)})
    found = made(output["image"], "to_numpy")
    assert found.dtype == array.dtype
    assert np.array_equal(found, array)
    found[...] = 0  # it is the caller's own


def test_an_array_without_a_mark_is_numbers(client, sent):
    array = np.arange(4, dtype=np.uint8).reshape(2, 2)
    assert client.run("echo", {"a": array})["given"] == {"a": [[0, 1], [2, 3]]}
    assert "sign" not in sent()


@pytest.mark.parametrize(
    ("array", "complaint"),
    [
        (np.zeros((2, 2)), "uint8.* not float64"),
        (np.zeros((2, 2), np.int64), "uint8.* not int64"),
        (np.zeros((2, 2, 3), bool), "not bool"),
        (np.zeros(4, np.uint8), "this one is 4$"),
        (np.zeros((2, 2, 2), np.uint8), "this one is 2 × 2 × 2$"),
        (np.zeros((1, 2, 2, 3), np.uint8), "this one is 1 × 2 × 2 × 3$"),
        (np.zeros((0, 2), np.uint8), "this one is 0 × 2$"),
        (np.array(1, np.uint8), "a single number$"),
        ([[1, 2]], "not of list$"),
    ],
)
def test_what_cannot_be_a_picture_is_refused(array, complaint):
    with pytest.raises(InputError, match=complaint):
        speedpix.picture(array)


# Made of output files ------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_comes_back_as_it_was_sent(client, made, mode):
    file = client.run("copy", {"image": pixels(mode)})["image"]
    assert same(made(file, "to_pil"), pixels(mode))


def test_a_file_and_its_url_give_the_same_picture(copied, made):
    assert same(made(copied, "to_pil"), made(copied["url"], "to_pil"))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_palette_becomes_colours_in_an_array(client, made, mode):
    image = pixels(mode).quantize(16)
    found = made(client.run("copy", {"image": image})["image"], "to_numpy")
    assert np.array_equal(found, np.asarray(image.convert(mode)))


def test_a_file_can_be_opened(client, made):
    file = client.run("files", {})["clip"]
    with made(file, "open") as stream:
        assert stream.seekable()
        assert stream.name == "clip.mp4"
        assert stream.read(8) == VIDEO[:8]
        stream.seek(0)
        assert stream.read() == VIDEO


@pytest.mark.parametrize("method", ["to_pil", "to_numpy"])
@pytest.mark.parametrize("field", ["clip", "broken"])
def test_what_is_no_picture_is_named(client, made, method, field):
    file = client.run("files", {})[field]
    with pytest.raises(SpeedPixException, match=f"'{file.filename}' is not a picture"):
        made(file, method)


def test_a_picture_of_too_many_pixels_is_named(copied, made, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(SpeedPixException, match=r"'image.png' .*35 pixels"):
        made(copied, "to_pil")


@pytest.mark.parametrize(
    ("missing", "method"),
    [("PIL.Image", "to_pil"), ("PIL.Image", "to_numpy"), ("numpy", "to_numpy")],
)
def test_a_missing_package_is_named_with_what_installs_it(
    copied, made, monkeypatch, missing, method
):
    monkeypatch.setitem(sys.modules, missing, None)
    package = {"PIL.Image": "Pillow", "numpy": "numpy"}[missing]
    with pytest.raises(SpeedPixException, match=f"{package} is needed") as caught:
        made(copied, method)
    assert "in the clone: pip install '.[pictures]'" in caught.value.message
