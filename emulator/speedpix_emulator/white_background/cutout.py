"""Cut the product out of a photo: GrabCut from the middle, then a clean, soft edge."""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from attrs import frozen
from PIL import Image
from PIL.Image import Resampling

Pixels = npt.NDArray[Any]

LONGEST_SIDE = 2048
"""Pixels of the longest side that is kept of a photo."""

CUT_PIXELS = 120_000
"""Pixels on which GrabCut works: its time grows with them, its outline hardly does."""

MARGIN = 0.02
"""The border taken for background, as a fraction of each side."""

MIDDLE = (0.44, 0.46)
"""Half axes of the ellipse first taken for product, as fractions of the width and the height."""

ITERATIONS = 4
SEED = 1
"""GrabCut starts from random clusters: the same photo shall give the same picture."""

GAP = 0.02
"""Gaps narrower than this, as a fraction of the shorter side, are closed."""

BUMP = 0.035
"""Bumps narrower than this, as a fraction of the shorter side, are smoothed away."""

SMALLEST_PART = 0.05
"""Parts smaller than this fraction of the largest are crumbs."""

HALF = 128
"""Of the 255 of full opacity."""

SMALLEST_SIDE = 8
"""Pixels of the shorter side of the smallest picture that is cut; a smaller one is all product."""

OUTLINE_BLUR = 2.2
"""Pixels over which the outline is smoothed, at the size at which it was cut."""

EDGE = 0.54
"""Where the smoothed cut ends: a little inside, so that no background shines at the edge."""

PLAUSIBLE = (0.01, 0.98)
"""The fraction of the photo that a product covers; outside it the cut has failed."""


@frozen
class Cutout:
    """A photo and which of it is product: `photo` RGB, `mask` L, of the same size."""

    photo: Image.Image
    mask: Image.Image

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
    """Return the product of a photo of any mode; a transparent picture is its own mask."""
    image = _bounded(image)
    if _has_transparency(image):
        rgba = image.convert("RGBA")
        alpha = rgba.getchannel("A")
        white = Image.new("RGBA", rgba.size, "white")
        return Cutout(Image.alpha_composite(white, rgba).convert("RGB"), alpha)
    photo = _eight_bit(image).convert("RGB")
    return Cutout(photo, Image.fromarray(_mask(np.asarray(photo))))


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


def _mask(photo: Pixels) -> Pixels:
    height, width = photo.shape[:2]
    scale = min(1.0, math.sqrt(CUT_PIXELS / (height * width)))
    small_size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(photo, small_size, interpolation=cv2.INTER_AREA)
    cut = _grab_cut(small)
    if not PLAUSIBLE[0] < cut.mean() < PLAUSIBLE[1]:
        cut = np.ones_like(cut)
    return _soft_edge(_cleaned(cut), (width, height), scale)


def _grab_cut(photo: Pixels) -> Pixels:
    height, width = photo.shape[:2]
    if min(height, width) < SMALLEST_SIDE or (photo == photo[0, 0]).all():
        return np.ones((height, width), np.uint8)
    labels = np.full((height, width), cv2.GC_BGD, np.uint8)
    left, top = math.ceil(width * MARGIN), math.ceil(height * MARGIN)
    labels[top:-top, left:-left] = cv2.GC_PR_BGD
    axes = (int(width * MIDDLE[0]), int(height * MIDDLE[1]))
    cv2.ellipse(labels, (width // 2, height // 2), axes, 0, 0, 360, cv2.GC_PR_FGD, cv2.FILLED)
    models: tuple[Pixels, Pixels] = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.setRNGSeed(SEED)
    bgr = cv2.cvtColor(photo, cv2.COLOR_RGB2BGR)
    cv2.grabCut(bgr, labels, (0, 0, 0, 0), *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    cut: Pixels = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    return cut


def _cleaned(cut: Pixels) -> Pixels:
    """Return the cut without crumbs, specks and holes, its outline smoothed."""
    cut = cv2.morphologyEx(cut, cv2.MORPH_CLOSE, _disc(cut, GAP))
    cut = cv2.morphologyEx(cut, cv2.MORPH_OPEN, _disc(cut, BUMP))
    outlines = cv2.findContours(cut, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[-2]
    largest = max((cv2.contourArea(outline) for outline in outlines), default=0.0)
    kept = [each for each in outlines if cv2.contourArea(each) >= largest * SMALLEST_PART]
    filled = np.zeros_like(cut)
    cv2.drawContours(filled, kept, -1, 1, cv2.FILLED)
    return filled


def _disc(cut: Pixels, width: float) -> Pixels:
    pixels = max(3, round(min(cut.shape) * width)) | 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (pixels, pixels))


def _soft_edge(cut: Pixels, size: tuple[int, int], scale: float) -> Pixels:
    """Return the cut at the photo's size, 0 to 255, its edge smooth and about two pixels wide."""
    smooth = cv2.GaussianBlur(cut.astype(np.float32), (0, 0), OUTLINE_BLUR)
    large = cv2.resize(smooth, size, interpolation=cv2.INTER_CUBIC)
    steep = np.clip((large - EDGE) * OUTLINE_BLUR * 1.5 / scale + 0.5, 0.0, 1.0)
    mask: Pixels = (steep * 255).astype(np.uint8)
    return mask
