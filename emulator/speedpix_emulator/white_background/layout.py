"""Put the product and the text on white."""

from __future__ import annotations

from PIL import Image, ImageDraw
from PIL.Image import Resampling

from .cutout import Cutout
from .typesetting import set_text

WIDTH = 1024
"""Pixels of the picture's width, and of its height unless the text is long."""

MARGIN = 96
PRODUCT_HEIGHT = 640
"""Height kept for the product when there is text."""

GAP = 64
LARGEST_SCALE = 2.0
"""A product is enlarged no further: it would look blurred."""

INK = "#23211f"
OPAQUE = 128
SOFT_EDGE = 3
"""Pixels beyond the opaque product that its soft edge may reach."""


def compose(cutout: Cutout, text: str) -> Image.Image:
    """Return the product on white, RGB, the text centred below it."""
    block = set_text(text, WIDTH - 2 * MARGIN, WIDTH)
    room = PRODUCT_HEIGHT if block.lines else WIDTH - 2 * MARGIN
    product = _fitted(_cropped(cutout), WIDTH - 2 * MARGIN, room)
    gap = GAP if block.lines else 0
    content = product.height + gap + block.height
    height = max(WIDTH, content + 2 * MARGIN)
    canvas = Image.new("RGB", (WIDTH, height), "white")
    top = (height - content) // 2
    canvas.paste(product, ((WIDTH - product.width) // 2, top), product.getchannel("A"))
    block.draw(ImageDraw.Draw(canvas), WIDTH / 2, top + product.height + gap, INK)
    return canvas


def _cropped(cutout: Cutout) -> Image.Image:
    box = cutout.mask.point(lambda value: 255 if value >= OPAQUE else 0).getbbox()
    if box is None:
        return cutout.subject
    left, top, right, bottom = box
    edge = (left - SOFT_EDGE, top - SOFT_EDGE, right + SOFT_EDGE, bottom + SOFT_EDGE)
    return cutout.subject.crop(edge)


def _fitted(product: Image.Image, width: int, height: int) -> Image.Image:
    scale = min(width / product.width, height / product.height, LARGEST_SCALE)
    size = (max(1, round(product.width * scale)), max(1, round(product.height * scale)))
    return product.resize(size, Resampling.LANCZOS)
