"""Which pixels of a photo are its product: GrabCut from the middle, then a cleaned silhouette."""

from __future__ import annotations

import math

import cv2
import numpy as np

from .neighbourhood import Pixels, covariance, mean, solved

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

LIMB = 0.05
"""How far a narrow part reaches out that is no bump, as a fraction of the shorter side."""

SMALLEST_PART = 0.05
"""Parts smaller than this fraction of the largest are crumbs."""

SMALLEST_SIDE = 8
"""Pixels of the shorter side of the smallest picture that is cut; a smaller one is all product."""

NEARBY = 0.15
"""How far around a pixel the background is looked at, as a fraction of the shorter side."""

LIGHTNESS = 0.3
"""Its weight beside hue: a shadow is darker than the background around it, and no product."""

NOISE = 4.0
"""Squared distance in Lab, of 255 each, below which colours are the same."""

STANDS_OUT = 9.0
"""Squared distance from the background nearby, of what is none: 3 deviations."""

TOUCH = 4.0
"""Pixels from the body within which a part touches it: the blur of a photo's edges."""


def silhouette(photo: Pixels) -> Pixels:
    """Return 1 where the photo, RGB, shows its product, else 0."""
    if min(photo.shape[:2]) < SMALLEST_SIDE:
        return np.ones(photo.shape[:2], np.uint8)
    # Distances in Lab are nearer to what the eye tells apart: a red saucer from red wood.
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB)
    cut = _grab_cut(lab)
    closed = cv2.morphologyEx(cut, cv2.MORPH_CLOSE, _disc(_pixels(cut, GAP)))
    body = _largest(cv2.morphologyEx(closed, cv2.MORPH_OPEN, _disc(_pixels(cut, BUMP))))
    if not body.any():
        return body
    beside: Pixels = (closed | _standing_out(lab, body)) & (1 - body)
    whole: Pixels = body | _limbs(beside, body)
    return _largest(cv2.morphologyEx(whole, cv2.MORPH_CLOSE, _disc(_pixels(cut, GAP))))


def _grab_cut(lab: Pixels) -> Pixels:
    height, width = lab.shape[:2]
    labels = np.full((height, width), cv2.GC_BGD, np.uint8)
    left, top = math.ceil(width * MARGIN), math.ceil(height * MARGIN)
    labels[top:-top, left:-left] = cv2.GC_PR_BGD
    axes = (int(width * MIDDLE[0]), int(height * MIDDLE[1]))
    cv2.ellipse(labels, (width // 2, height // 2), axes, 0, 0, 360, cv2.GC_PR_FGD, cv2.FILLED)
    models: tuple[Pixels, Pixels] = (np.zeros((1, 65)), np.zeros((1, 65)))
    cv2.setRNGSeed(SEED)
    cv2.grabCut(lab, labels, (0, 0, 0, 0), *models, ITERATIONS, cv2.GC_INIT_WITH_MASK)
    cut: Pixels = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8)
    return cut


def _largest(cut: Pixels) -> Pixels:
    """Return the cut without crumbs and holes."""
    outlines = cv2.findContours(cut, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)[-2]
    largest = max((cv2.contourArea(outline) for outline in outlines), default=0.0)
    kept = [each for each in outlines if cv2.contourArea(each) >= largest * SMALLEST_PART]
    filled = np.zeros_like(cut)
    cv2.drawContours(filled, kept, -1, 1, cv2.FILLED)
    return filled


def _standing_out(lab: Pixels, body: Pixels) -> Pixels:
    """Return 1 where the colour is none that the background has nearby."""
    radius = _pixels(body, NEARBY)
    colours = cv2.GaussianBlur(lab, (0, 0), 1.0).astype(np.float32)
    colours[..., 0] *= LIGHTNESS
    beyond = cv2.dilate(body, _disc(2 * int(TOUCH) + 1)) == 0
    background = beyond
    for _ in range(2):  # the second time without what stood out, which had widened the deviations
        weights = background.astype(np.float32)
        centre, spread = covariance(colours, radius, weights)
        away = colours - centre
        distance = (away * solved(spread + np.eye(3, dtype=np.float32) * NOISE, away)).sum(axis=-1)
        background = beyond & (distance < STANDS_OUT)
    known = mean(weights, radius) > SMALLEST_PART
    found: Pixels = (known & (distance > STANDS_OUT)).astype(np.uint8)
    return found


def _limbs(candidates: Pixels, body: Pixels) -> Pixels:
    """Return those parts beside the body that touch it and reach out further than a bump."""
    opened = cv2.morphologyEx(candidates, cv2.MORPH_OPEN, _disc(3))
    reach = cv2.distanceTransform(1 - body, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    count, parts = cv2.connectedComponents(opened)
    farthest = np.zeros(count)
    np.maximum.at(farthest, np.asarray(parts), reach)
    kept = np.zeros(count, bool)
    kept[parts[reach < TOUCH]] = True
    kept &= farthest > _pixels(body, LIMB)
    kept &= np.bincount(parts.ravel(), minlength=count) < SMALLEST_PART * np.count_nonzero(body)
    kept[0] = False
    limbs: Pixels = kept[parts].astype(np.uint8)
    return limbs


def _pixels(cut: Pixels, width: float) -> int:
    return max(3, int(min(cut.shape) * width + 0.5)) | 1


def _disc(pixels: int) -> Pixels:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (pixels, pixels))
