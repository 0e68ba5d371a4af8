"""How far a page is turned, from the rows its ink forms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from azrun.inference.page.ink import Floats, Mask

POINTS = 20_000
MOST = 4.0  # degrees
STEEPEST = 60.0
WORTH = 1.04  # a turn must sharpen the rows by so much: short texts have none to go by
Points = tuple[NDArray[np.intp], NDArray[np.intp]]


def turn(ink: Mask) -> float:
    """Degrees by which the lines rise to the right (negative: fall), within `MOST`: where rows
    of ink begin and end most abruptly."""
    points = _points(ink)
    coarse = _best(_sharpness, points, np.arange(-MOST, MOST + 0.1, 0.5))
    best = _best(_sharpness, points, np.arange(coarse - 0.4, coarse + 0.41, 0.1))
    return best if _sharpness(points, best) > WORTH * _sharpness(points, 0.0) else 0.0


def slant(ink: Mask) -> float:
    """Degrees by which a single line of ink rises to the right, within `STEEPEST`: where it is
    least high."""
    points = _points(ink)
    coarse = _best(_flatness, points, np.arange(-STEEPEST, STEEPEST + 1, 5.0))
    return _best(_flatness, points, np.arange(coarse - 4.5, coarse + 5, 0.5))


def turned(contrast: Floats, degrees: float) -> Floats:
    """`contrast` turned clockwise by `degrees`, on a sheet that holds all of it."""
    if degrees == 0:
        return contrast
    image = Image.fromarray(contrast).rotate(-degrees, Image.Resampling.BILINEAR, expand=True)
    return np.asarray(image, np.float32)


def _points(ink: Mask) -> Points:
    y, x = np.nonzero(ink)
    if len(y) > POINTS:
        picked = np.random.default_rng(0).integers(len(y), size=POINTS)
        y, x = y[picked], x[picked]
    return x, y


def _best(
    measure: Callable[[Points, float], float], points: Points, angles: NDArray[np.float64]
) -> float:
    return float(max(angles, key=lambda angle: (measure(points, angle), -abs(angle))))


def _levels(points: Points, degrees: float) -> NDArray[np.intp]:
    """The row of each point where the page is turned back by `degrees`."""
    x, y = points
    across, down = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    rows = np.rint(y * across + x * down).astype(np.intp)
    return np.asarray(rows - rows.min(initial=0))


def _sharpness(points: Points, degrees: float) -> float:
    counts = np.bincount(_levels(points, degrees))
    return float((np.diff(counts, prepend=0, append=0).astype(np.float64) ** 2).sum())


def _flatness(points: Points, degrees: float) -> float:
    low, high = np.percentile(_levels(points, degrees), (1, 99))
    return float(low - high)
