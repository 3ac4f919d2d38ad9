"""Statistics of the colours around each pixel."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]


def mean(values: Pixels, radius: int) -> Pixels:
    """Return the mean of each plane in a square around each pixel."""
    planes = values.reshape(*values.shape[:2], -1)
    side = (2 * radius + 1, 2 * radius + 1)
    means = [
        cv2.blur(np.ascontiguousarray(planes[..., plane]), side)
        for plane in range(planes.shape[-1])
    ]
    return np.stack(means, axis=-1).reshape(values.shape)


def covariance(colours: Pixels, radius: int, weights: Pixels | None = None) -> tuple[Pixels, ...]:
    """Return the mean colour around each pixel, and how the colours vary together there."""
    weights = np.ones(colours.shape[:2], np.float32) if weights is None else weights
    whole = np.maximum(mean(weights, radius), 1e-6)[..., None]
    centre = mean(colours * weights[..., None], radius) / whole
    products = colours[..., :, None] * colours[..., None, :] * weights[..., None, None]
    spread = mean(products, radius) / whole[..., None]
    return centre, spread - centre[..., :, None] * centre[..., None, :]


def solved(matrices: Pixels, vectors: Pixels) -> Pixels:
    """Return each matrix's inverse times its vector."""
    solution: Pixels = np.linalg.solve(matrices, vectors[..., None])[..., 0]
    return solution
