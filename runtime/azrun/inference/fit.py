"""How a page becomes the grid that a line-reading model was trained on.

The training of such a model calls the same function, so that what the model sees
when it serves is what it learned from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Gray = NDArray[np.float32]
Mask = NDArray[np.bool_]

FAINTEST_INK = 24.0
"""Gray levels between page and ink below which a page counts as blank."""

LARGEST_SIDE = 2048
"""Pixels beyond which a page is halved, or thirded, before it is looked at."""


@dataclass(frozen=True)
class LineFit:
    """A grid of one text line, in pixels: black ink on a white page, `margin` left free."""

    height: int = 28
    width: int = 448
    margin: int = 2

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> LineFit | None:
        """The grid a GGUF asks for in its `azrun.fit.*` keys, or None where it asks for none."""
        if metadata.get("azrun.fit.kind") != "line":
            return None
        default = cls()
        return cls(
            height=int(metadata.get("azrun.fit.height", default.height)),
            width=int(metadata.get("azrun.fit.width", default.width)),
            margin=int(metadata.get("azrun.fit.margin", default.margin)),
        )


def fit_line(image: Image.Image, fit: LineFit) -> Image.Image:
    """Crop `image` to its ink and scale it onto `fit`'s grid.

    Takes any mode and size; transparency is laid on white, light ink on a dark page is
    inverted. Returns RGB of `fit.width` x `fit.height`: the line as tall as the margins
    allow (or as wide, where that comes first), left-aligned, vertically centred, the page
    white and the ink black whatever they were. A page without ink gives a white grid.
    """
    contrast = _contrast(_gray(image))
    grid = Image.new("L", (fit.width, fit.height), 255)
    ink = _ink(contrast)
    if ink is None:
        return grid.convert("RGB")
    line = Image.fromarray(_black_on_white(contrast, ink)).crop(_bounds(ink))
    room_x, room_y = fit.width - 2 * fit.margin, fit.height - 2 * fit.margin
    scale = min(room_x / line.width, room_y / line.height)
    size = max(1, round(line.width * scale)), max(1, round(line.height * scale))
    grid.paste(
        line.resize(size, Image.Resampling.BILINEAR), (fit.margin, (fit.height - size[1]) // 2)
    )
    return grid.convert("RGB")


def _gray(image: Image.Image) -> Gray:
    rgba = image.convert("RGBA")
    factor = -(-max(rgba.size) // LARGEST_SIDE)
    rgba = rgba.reduce(factor) if factor > 1 else rgba
    page = Image.new("RGBA", rgba.size, "white")
    return np.asarray(Image.alpha_composite(page, rgba).convert("L"), np.float32)


def _contrast(gray: Gray) -> Gray:
    """Distance from the page's gray level, positive towards the ink."""
    away = np.median(gray) - gray
    darkest, lightest = float(away.max()), float(-away.min())
    return away if darkest >= lightest else -away


def _ink(contrast: Gray) -> Mask | None:
    """The pixels clearly above the page's noise, without single specks; None on a blank page."""
    least, noise = 0.3 * float(contrast.max()), _noise(contrast)
    if noise > least:  # faint ink on a grainy page: it shows once the grain is averaged out
        contrast = _smooth(contrast)
        least, noise = 0.3 * float(contrast.max()), _noise(contrast)
    ink = contrast > max(FAINTEST_INK / 2, noise, least)
    ink &= _has_neighbour(ink)
    return ink if contrast.max() >= FAINTEST_INK and ink.any() else None


def _noise(contrast: Gray) -> float:
    """What the page's grain hardly ever exceeds: five deviations, from the median one."""
    return 5 * 1.4826 * float(np.median(np.abs(contrast)))


def _smooth(contrast: Gray) -> Gray:
    """Means of 3 x 3 pixels."""
    padded = np.pad(contrast, 1, mode="edge")
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    means: Gray = (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / 9
    return means


def _has_neighbour(ink: Mask) -> Mask:
    near = np.zeros_like(ink)
    near[1:] |= ink[:-1]
    near[:-1] |= ink[1:]
    near[:, 1:] |= ink[:, :-1]
    near[:, :-1] |= ink[:, 1:]
    return near


def _bounds(ink: Mask) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the ink, the last two exclusive."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def _black_on_white(contrast: Gray, ink: Mask) -> NDArray[np.uint8]:
    """Stretch the page to 255 and the full strength of the ink to 0."""
    full = float(np.percentile(contrast[ink], 90))
    white = 1 - np.clip(contrast / full, 0, 1)
    return np.asarray(np.rint(255 * white), np.uint8)
