"""The ink of a page: how far each pixel stands out from the paper, and where that is text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

FAINTEST_INK = 24.0
"""Gray levels between page and ink below which a page counts as blank."""
LARGEST_SIDE = 2048
"""Pixels beyond which a page is halved, or thirded, before it is looked at."""
LEAST_SHARE = 0.3
"""Of the strongest ink: what is fainter is the paper's, or a watermark."""


def contrast(image: Image.Image) -> Floats:
    """Distance of each pixel from the page's gray level, positive towards the ink.

    Takes any mode and size; transparency is laid on white.
    """
    gray = _gray(image)
    away = np.median(gray) - gray
    darkest, lightest = float(away.max()), float(-away.min())
    return away if darkest >= lightest else -away


def ink(contrast: Floats) -> Mask:
    """The pixels clearly above the page's noise, without single specks; none on a blank page."""
    least, noise = LEAST_SHARE * float(contrast.max()), grain(contrast)
    if noise > least:  # faint ink on a grainy page: it shows once the grain is averaged out
        contrast = _smooth(contrast)
        least, noise = LEAST_SHARE * float(contrast.max()), grain(contrast)
    found = contrast > max(FAINTEST_INK / 2, noise, least)
    return found & _has_neighbour(found) if contrast.max() >= FAINTEST_INK else found & False


def grain(contrast: Floats) -> float:
    """What the page's noise hardly ever exceeds: five deviations, from the median one."""
    return 5 * 1.4826 * float(np.median(np.abs(contrast)))


def inked(mask: Mask, axis: int) -> Mask:
    """Along an axis of a page: where there is any ink."""
    return np.asarray(mask.any(axis=axis), np.bool_)


def runs(line: Mask) -> list[tuple[int, int]]:
    """Where `line` is true: first and last-plus-one of each run."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], line, [False]))))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def grown(mask: Mask, pixels: int) -> Mask:
    """`mask` and all within `pixels` of it, sideways and up and down."""
    for axis in (0, 1):
        wide = mask.copy()
        for shift in range(1, pixels + 1):
            ahead, behind = [slice(None)] * 2, [slice(None)] * 2
            ahead[axis], behind[axis] = slice(shift, None), slice(None, -shift)
            wide[tuple(ahead)] |= mask[tuple(behind)]
            wide[tuple(behind)] |= mask[tuple(ahead)]
        mask = wide
    return mask


def _gray(image: Image.Image) -> Floats:
    rgba = image.convert("RGBA")
    factor = -(-max(rgba.size) // LARGEST_SIDE)
    rgba = rgba.reduce(factor) if factor > 1 else rgba
    page = Image.new("RGBA", rgba.size, "white")
    return np.asarray(Image.alpha_composite(page, rgba).convert("L"), np.float32)


def _smooth(contrast: Floats) -> Floats:
    """Means of 3 x 3 pixels."""
    padded = np.pad(contrast, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    means: Floats = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9
    return means


def _has_neighbour(ink: Mask) -> Mask:
    near = np.zeros_like(ink)
    near[1:] |= ink[:-1]
    near[:-1] |= ink[1:]
    near[:, 1:] |= ink[:, :-1]
    near[:, :-1] |= ink[:, 1:]
    return near
