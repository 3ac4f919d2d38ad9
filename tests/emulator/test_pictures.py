"""The sample workflow's pictures: what is cut out, what is white, what the text looks like."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter
from speedpix_emulator import WorkflowError
from speedpix_emulator.white_background import white_background
from speedpix_emulator.white_background.typesetting import set_text

from .wire import PROMPT, RESULT

PHOTO = Path(__file__).parents[2] / "examples" / "coffee.jpg"
WHITE = 255


def pixels(image):
    return np.asarray(image)


def made(image, text="一杯咖啡"):
    return white_background(image, text)


@pytest.fixture(scope="module")
def coffee():
    with Image.open(PHOTO) as photo:
        return made(photo)


def plain(mode="RGB", size=(90, 60)):
    """A dark disc on a light ground."""
    y, x = np.mgrid[: size[1], : size[0]]
    inside = (x - size[0] / 2) ** 2 + (y - size[1] / 2) ** 2 < (size[1] / 3) ** 2
    return Image.fromarray(np.where(inside, 40, 230).astype(np.uint8)).convert(mode)


def at_the_edge():
    """A dark bar on a light ground, going on beyond the photo's right edge."""
    photo = Image.new("RGB", (300, 200), "white")
    photo.paste("navy", (80, 70, 300, 130))
    return photo


def text_rows(image):
    """The part of a picture below its middle that has ink, after the last gap."""
    dark = (pixels(image.convert("L")) < 128).any(axis=1)
    bottom = np.flatnonzero(dark)[-1]
    top = bottom
    while dark[max(0, top - 20) : top].any():
        top -= 1
    return top, bottom


def text_only(text):
    """The dark pixels of the text under a white product."""
    product = Image.new("RGBA", (40, 40), "white")
    product.putpixel((0, 0), (255, 255, 255, 0))  # a transparent picture is its own mask
    image = made(product, text)["images"]
    return pixels(image.convert("L")) < 128


class TestCutout:
    def test_covers_the_cup_and_leaves_the_table(self, coffee):
        mask = pixels(coffee["mask_image"])
        with Image.open(PHOTO) as photo:
            assert coffee["mask_image"].size == photo.size
        height, width = mask.shape
        cup = mask[height * 3 // 10 : height * 7 // 10, width * 3 // 10 : width * 6 // 10]
        assert (cup == 255).all()
        for corner in (mask[:20, :20], mask[:20, -20:], mask[-20:, :20], mask[-20:, -20:]):
            assert (corner == 0).all()
        assert 0.35 < (mask > 127).mean() < 0.5

    def test_subject_is_the_photo_where_the_mask_is(self, coffee):
        with Image.open(PHOTO) as photo:
            subject = coffee["subject_image"]
            assert subject.mode == "RGBA"
            mask = pixels(coffee["mask_image"])
            assert (pixels(subject)[..., 3] == mask).all()
            assert (pixels(subject)[..., :3] == pixels(photo))[mask == 255].all()

    def test_spoons_handle_is_kept(self, coffee):
        handle = pixels(coffee["mask_image"])[72:95, 405:415]
        assert (handle == 255).all()

    def test_rim_is_smooth(self, coffee):
        """The saucer's lower rim is an ellipse: its second differences hardly vary."""
        covered = pixels(coffee["mask_image"])[200:] > 127
        bottom = covered.shape[0] - covered[::-1, 120:440].argmax(axis=0)
        assert np.abs(np.diff(bottom, 2)).max() <= 2

    def test_horses_legs_are_kept(self):
        body = np.zeros((200, 300), bool)
        body[40:110, 60:240] = True
        legs = body.copy()
        for left in (70, 110, 190, 228):
            legs[110:175, left : left + 7] = True
        photo = Image.fromarray(
            np.where(legs[..., None], (90, 60, 40), (200, 205, 190)).astype("u1")
        )
        mask = pixels(made(photo)["mask_image"]) > 127
        assert (mask == legs).mean() > 0.99
        assert mask[165, [73, 113, 193, 231]].all()

    def test_colours_of_the_background_are_gone_from_the_edge(self):
        """A grey disc, blurred into green: where it is half transparent it is grey."""
        photo = pixels(plain(size=(300, 200)).convert("RGB")).copy()
        photo[pixels(plain(size=(300, 200)).convert("L")) > 128] = (20, 230, 20)
        blurred = Image.fromarray(photo).filter(ImageFilter.GaussianBlur(1.5))
        subject = pixels(made(blurred)["subject_image"]).astype(int)
        soft = subject[(subject[..., 3] > 0) & (subject[..., 3] < 250)]
        assert len(soft) > 50
        assert (soft[:, 1] - soft[:, 0]).max() < 60

    def test_same_photo_gives_the_same_picture(self, coffee):
        with Image.open(PHOTO) as photo:
            again = made(photo)
        assert (pixels(again["images"]) == pixels(coffee["images"])).all()

    @pytest.mark.parametrize(
        "mode", ["L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I", "F", "1"]
    )
    def test_modes(self, mode):
        cut = made(plain(mode))
        mask = pixels(cut["mask_image"])
        assert cut["images"].mode == "RGB"
        assert mask[30, 45] == 255

    def test_sixteen_bits(self):
        deep = Image.fromarray(pixels(plain("L")).astype(np.uint16) * 200)
        assert pixels(made(deep)["mask_image"])[30, 45] == 255

    def test_transparency_is_the_mask(self):
        image = plain("RGBA")
        image.putalpha(plain("L").point(lambda value: 255 if value < 128 else 0))
        cut = made(image)
        assert (pixels(cut["mask_image"]) == pixels(image)[..., 3]).all()

    @pytest.mark.parametrize("size", [(1, 200), (3, 3), (5000, 20)])
    def test_odd_sizes(self, size):
        striped = Image.new("RGBA", size, "red")
        striped.paste((255, 255, 255, 100), (0, 0, *(max(1, side // 3) for side in size)))
        assert made(striped)["images"].width == 1024
        assert made(striped.convert("RGB"))["images"].width == 1024


class TestDoubts:
    def warnings(self, photo):
        info = made(photo)["info"]
        return [] if info is None else info["warnings"]

    def test_none_about_a_clear_photo(self, coffee):
        assert coffee["info"] is None
        assert self.warnings(plain(size=(300, 200))) == []

    def test_product_at_the_edge(self):
        assert self.warnings(at_the_edge()) == [
            "the product touches the edge of the photo: part of it may be missing"
        ]

    def test_tiny_product(self):
        photo = Image.new("RGB", (600, 400), "white")
        photo.paste("navy", (270, 170, 330, 230))
        assert self.warnings(photo) == [
            "the product covers very little of the photo: it may be the wrong thing"
        ]

    def test_nothing_found_keeps_the_photo(self):
        photo = Image.new("RGB", (600, 400), "white")
        photo.paste("navy", (5, 5, 595, 8))
        cut = made(photo)
        assert (pixels(cut["mask_image"]) == 255).all()
        assert self.warnings(photo) == [
            "nothing could be told from the background: the photo was kept whole"
        ]

    @pytest.mark.parametrize(("size", "noise"), [((200, 300), 0), ((200, 300), 8), ((1, 1), 0)])
    def test_blank_photo_fails(self, size, noise):
        levels = np.random.default_rng(1).integers(200, 201 + noise, (*size, 3))
        with pytest.raises(WorkflowError, match="the photo is blank") as caught:
            made(Image.fromarray(levels.astype(np.uint8)))
        assert caught.value.code == "BLANK_IMAGE"


class TestLayout:
    def test_white_around_the_product(self, coffee):
        image = pixels(coffee["images"])
        assert image.shape == (1024, 1024, 3)
        assert (image[:60] == WHITE).all()
        assert (image[-60:] == WHITE).all()
        assert (image[:, :60] == WHITE).all()
        assert (image[:, -60:] == WHITE).all()

    def test_text_below_the_product_and_apart(self, coffee):
        top, bottom = text_rows(coffee["images"])
        rows = pixels(coffee["images"])[top - 25 : top - 2]
        assert top > 700
        assert (rows == WHITE).all()
        assert 30 < bottom - top < 90

    def test_no_text(self):
        for text in ("", "  \n ", "\x00\ud800\uffff"):
            assert not text_only(text).any()
            assert set_text(text, 832, 1024).lines == ()

    def test_text_is_centred(self):
        columns = np.flatnonzero(text_only("咖啡").any(axis=0))
        assert abs((columns[0] + columns[-1]) / 2 - 512) < 4

    @pytest.mark.parametrize(
        "text",
        ["长" * 5000, "word " * 2000, "x" * 3000, "一\n" * 300, "一，" * 900, "（" * 400],
        ids=["chinese", "words", "one word", "lines", "commas", "brackets"],
    )
    def test_any_length_stays_inside(self, text):
        ink = text_only(text)
        rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
        assert columns[0] >= 90
        assert columns[-1] <= 1024 - 90
        assert rows[-1] < ink.shape[0] - 60
        assert ink.shape[0] < 2000

    def test_longer_text_is_smaller(self):
        sizes = [set_text("一杯咖啡" * times, 832, 1024).size for times in (1, 4, 10, 60)]
        assert sizes == sorted(set(sizes), reverse=True)

    @pytest.mark.parametrize(
        "text",
        [
            "一幅美丽的山水画，配一首诗。" * 6,
            "A quiet cup of espresso, served on its own red saucer.",
            "one\n\ntwo words\nthree",
            "first\n" + "x" * 200,
            "x" * 200 + " last",
            "中文和 English 混排（带括号），还有“引号”！" * 3,
        ],
    )
    def test_nothing_is_lost_between_lines(self, text):
        lines = [line.text for line in set_text(text, 832, 1024).lines]
        assert "".join(lines).replace(" ", "") == "".join(text.split())
        assert [line for line in lines if line != line.strip()] == []

    def test_punctuation_stays_with_its_word(self):
        for repeated in range(1, 12):
            text = "字" * repeated + ("，字（字）字。「字」" * 30)[: 60 - repeated]
            lines = [line.text for line in set_text(text, 832, 1024).lines]
            assert [line for line in lines if line[0] in "，。）」"] == []
            assert [line for line in lines if line[-1] in "（「"] in ([], lines[-1:])

    def test_words_are_not_broken(self):
        text = "A quiet cup of espresso, served on its own red saucer with a spoon, " * 3
        lines = [line.text for line in set_text(text, 832, 1024).lines]
        assert " ".join(lines).split() == text.split()

    def test_ellipsis_when_too_long(self):
        lines = set_text("长" * 5000, 832, 1024).lines
        assert lines[-1].text.endswith("长…")


class TestGlyphs:
    """Each character has a shape of its own: a font without it would show the same box."""

    @pytest.mark.parametrize(
        "text",
        [
            "一幅美丽的山水画杯咖啡",
            "繁體字龍龜𠮷",
            "かなカナ漢字",
            "한국어",
            "AaBbÄß½→★",
            "ไทย",
            "אבג",
            "😀☕❤👍🎉",
        ],
    )
    def test_no_boxes(self, text):
        shapes = {text_only(letter).tobytes() for letter in text}
        assert len(shapes) == len(text)

    def test_missing_glyphs_leave_nothing(self):
        assert not text_only("\U0010fffd\ue000").any()

    def test_combining_marks_join_their_letter(self):
        apart, joined = text_only("e"), text_only("é")
        assert joined.sum() > apart.sum()
        assert text_only("हिन्दी").any()

    def test_joiners_and_selectors_are_invisible(self):
        assert (text_only("❤\ufe0f\u200d") == text_only("❤")).all()


class TestOverHttp:
    def run(self, wire, clock, content, text="一杯咖啡", **fields):
        inputs = {"image": wire.upload(content, "image/jpeg", "photo.jpg"), "text": text}
        task = wire.submit("white-background", inputs, **fields)
        clock.advance(60)
        return task

    def test_three_pictures(self, wire, clock):
        result = wire.result(self.run(wire, clock, PHOTO.read_bytes()))
        for name, size in {
            "images": (1024, 1024),
            "subject_image": (600, 400),
            "mask_image": (600, 400),
        }.items():
            told = result["result"][name]
            assert (told["width"], told["height"]) == size
            assert (told["type"], told["format"]) == ("image", "png")
            content = wire.http.get(told["url"]).content
            with Image.open(io.BytesIO(content)) as image:
                assert image.size == size
        assert result["images"] is None

    def test_doubts_are_the_results_info(self, wire, clock):
        buffer = io.BytesIO()
        at_the_edge().save(buffer, format="PNG")
        result = wire.result(self.run(wire, clock, buffer.getvalue()))
        assert result["info"] == {
            "warnings": ["the product touches the edge of the photo: part of it may be missing"]
        }

    def test_blank_photo_is_a_failed_run(self, wire, clock):
        buffer = io.BytesIO()
        Image.new("RGB", (90, 60), "white").save(buffer, format="JPEG")
        task = self.run(wire, clock, buffer.getvalue())
        assert wire.error(RESULT, {"taskId": task}) == (
            "BLANK_IMAGE",
            "image: the photo is blank, there is nothing to cut out",
        )

    def test_preview_among_temp_files(self, wire, clock):
        buffer = io.BytesIO()
        plain().save(buffer, format="JPEG")
        task = self.run(wire, clock, buffer.getvalue(), return_temp_files=True)
        assert len(wire.result(task)["images"]) == 1

    def test_photo_on_its_side_is_turned_upright(self, wire, clock):
        image = plain(size=(60, 90))
        exif = image.getexif()
        exif[0x0112] = 6
        buffer = io.BytesIO()
        image.save(buffer, format="JPEG", exif=exif)
        mask = wire.result(self.run(wire, clock, buffer.getvalue()))["result"]["mask_image"]
        assert (mask["width"], mask["height"]) == (90, 60)

    def test_truncated_photo_fails_readably(self, wire, clock):
        task = self.run(wire, clock, PHOTO.read_bytes()[:5000])
        assert wire.error(RESULT, {"taskId": task}) == (
            "INVALID_IMAGE",
            "image: not a picture that can be read (5000 bytes)",
        )

    def test_inputs_are_required(self, wire):
        body = {"workflow_id": "white-background", "version_id": "v1", "inputs": {}}
        assert wire.error(PROMPT, body)[0] == "MISSING_INPUT"
