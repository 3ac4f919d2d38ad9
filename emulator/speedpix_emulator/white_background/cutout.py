"""Cut the product out of a photo, and tell what is doubtful about the cut."""

from __future__ import annotations

import math
from typing import Iterator

import cv2
import numpy as np
from attrs import frozen
from PIL import Image
from PIL.Image import Resampling

from ..runs.errors import WorkflowError
from .edge import decontaminated, soft_mask
from .neighbourhood import Pixels
from .segmentation import MARGIN, silhouette

LONGEST_SIDE = 2048
"""Pixels of the longest side that is kept of a photo."""

CUT_PIXELS = 120_000
"""Pixels on which GrabCut works: its time grows with them, its outline hardly does."""

HALF = 128
"""Of the 255 of full opacity."""

NOISE = 12
"""Levels, of 255, by which the pixels of a sheet of paper differ: a blank photo's."""

NOTHING = 0.01
"""Fraction of the photo below which the cut has found nothing, and the photo is kept whole."""

TINY = 0.04
"""Fraction of the photo below which a product is suspiciously small."""

NOTHING_FOUND = "nothing could be told from the background: the photo was kept whole"
SMALL_PRODUCT = "the product covers very little of the photo: it may be the wrong thing"
AT_THE_EDGE = "the product touches the edge of the photo: part of it may be missing"


@frozen
class Cutout:
    """A photo and which of it is product: `photo` RGB, `mask` L, of the same size.

    `doubts` are sentences about what may be wrong.
    """

    photo: Image.Image
    mask: Image.Image
    doubts: tuple[str, ...] = ()

    @property
    def subject(self) -> Image.Image:
        """Return the product alone, RGBA, with nothing around it."""
        cut = self.photo.copy()
        cut.putalpha(self.mask)
        return cut

    @property
    def preview(self) -> Image.Image:
        """Return the photo, small, with what was cut away darkened."""
        dark = Image.new("RGB", self.photo.size, "#202020")
        preview = Image.composite(self.photo, Image.blend(self.photo, dark, 0.7), self.mask)
        preview.thumbnail((512, 512))
        return preview


def cut_out(image: Image.Image) -> Cutout:
    """Return the product of a photo of any mode; a transparent picture is its own mask.

    WorkflowError when the photo is blank.
    """
    image = _bounded(image)
    if _has_transparency(image):
        rgba = image.convert("RGBA")
        alpha = rgba.getchannel("A")
        white = Image.new("RGBA", rgba.size, "white")
        return Cutout(Image.alpha_composite(white, rgba).convert("RGB"), alpha)
    photo = np.asarray(_eight_bit(image).convert("RGB"))
    small = _reduced(photo)
    if (np.ptp(small.reshape(-1, 3), axis=0) <= NOISE).all():
        message = "image: the photo is blank, there is nothing to cut out"
        raise WorkflowError(message, "BLANK_IMAGE")
    found = silhouette(small)
    doubts = tuple(_doubts(found))
    if NOTHING_FOUND in doubts:
        found = np.ones_like(found)
    mask = soft_mask(found, small, photo)
    return Cutout(Image.fromarray(decontaminated(photo, mask)), Image.fromarray(mask), doubts)


def _bounded(image: Image.Image) -> Image.Image:
    if max(image.size) > LONGEST_SIDE:
        scale = LONGEST_SIDE / max(image.size)
        size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
        if image.mode == "P":
            image = image.convert("RGBA" if "transparency" in image.info else "RGB")
        return image.resize(size, Resampling.LANCZOS if image.mode != "1" else Resampling.NEAREST)
    return image


def _has_transparency(image: Image.Image) -> bool:
    if image.mode not in ("RGBA", "LA", "PA", "RGBa", "La") and "transparency" not in image.info:
        return False
    alpha = np.asarray(image.convert("RGBA").getchannel("A"))
    return bool(alpha.min() < HALF <= alpha.max())


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode.startswith(("I", "F")):
        values = np.asarray(image, dtype=np.float64)
        span = max(float(values.max() - values.min()), 1.0)
        return Image.fromarray(((values - values.min()) * (255 / span)).astype(np.uint8))
    return image.convert("RGBA") if image.mode == "P" else image


def _reduced(photo: Pixels) -> Pixels:
    height, width = photo.shape[:2]
    scale = min(1.0, math.sqrt(CUT_PIXELS / (height * width)))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    return cv2.resize(photo, size, interpolation=cv2.INTER_AREA)


def _doubts(found: Pixels) -> Iterator[str]:
    covered = found.mean()
    if covered < NOTHING:
        yield NOTHING_FOUND
        return
    if covered < TINY:
        yield SMALL_PRODUCT
    # Its margin is never product: what would go on behind it ends there.
    rows, columns = (math.ceil(side * MARGIN) + 1 for side in found.shape)
    inner = found[rows:-rows, columns:-columns]
    if np.count_nonzero(found) > np.count_nonzero(inner):
        yield AT_THE_EDGE
