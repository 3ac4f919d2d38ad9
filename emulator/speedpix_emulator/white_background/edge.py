"""The edge of a cut-out: a mask that follows the photo, and colours free of the background."""

from __future__ import annotations

import cv2
import numpy as np

from .neighbourhood import Pixels, covariance, mean, solved

RADIUS = 5
"""Pixels, at the size at which it was cut, in which the edge is looked for in the photo."""

TOLERANCE = 1e-3
"""Squared contrast, of 1, below which the photo shows no edge, and the mask is smoothed."""

SMOOTH = 1.2
"""Pixels, at the size at which it was cut, over which the fitted edge is evened out."""

STEEPNESS = 4.0
"""How much steeper than the filter leaves it the mask's edge is made."""

EDGE = 0.54
"""Where the filtered mask ends: a little inside, so that no background shines at the edge."""

SOLID = 250
"""Of the 255 of full opacity: from here on a pixel's colour is left as it is."""

BLUR = 5
"""Width, in pixels, of the blur between product and background that photos have."""

SPREAD = 3.0
"""Pixels over which the product's colour is carried to the edge."""

FAINT = 1e-3
"""The share of solid pixels around one below which they say nothing about its colour."""


def soft_mask(silhouette: Pixels, small: Pixels, photo: Pixels) -> Pixels:
    """Return the silhouette of `small` at the size of `photo`, 0 to 255, fitted to its edges.

    A guided filter: around each pixel the mask is the linear function of the photo's colours that
    is nearest to the silhouette. It varies slowly, so it is found on the small photo.
    """
    colours, mask = _unit(small), silhouette.astype(np.float32)
    centre, spread = covariance(colours, RADIUS)
    mean_mask = mean(mask, RADIUS)
    with_mask = mean(colours * mask[..., None], RADIUS) - centre * mean_mask[..., None]
    slope = solved(spread + np.eye(3, dtype=np.float32) * TOLERANCE, with_mask)
    offset = mean_mask - (slope * centre).sum(axis=-1)
    size = (photo.shape[1], photo.shape[0])
    slope, offset = (cv2.resize(mean(each, RADIUS), size) for each in (slope, offset))
    fitted = (slope * _unit(photo)).sum(axis=-1) + offset
    smooth = cv2.GaussianBlur(fitted, (0, 0), SMOOTH * size[0] / small.shape[1])
    steep = np.clip((smooth - EDGE) * STEEPNESS + 0.5, 0.0, 1.0)
    rounded: Pixels = np.round(steep * 255).astype(np.uint8)
    return rounded


def decontaminated(photo: Pixels, mask: Pixels) -> Pixels:
    """Return the photo whose half transparent pixels have the colour of the solid ones nearby."""
    solid = (mask >= SOLID).astype(np.uint8)
    pure = cv2.erode(solid, np.ones((BLUR, BLUR), np.uint8)).astype(np.float32)
    weights = cv2.GaussianBlur(pure, (0, 0), SPREAD)[..., None]
    colours = cv2.GaussianBlur(photo * pure[..., None], (0, 0), SPREAD)
    replaced = ((solid == 0) & (mask > 0))[..., None] & (weights > FAINT)
    nearby = np.round(colours / np.maximum(weights, FAINT))
    clean: Pixels = np.where(replaced, nearby, photo).astype(np.uint8)
    return clean


def _unit(photo: Pixels) -> Pixels:
    return photo.astype(np.float32) / 255
