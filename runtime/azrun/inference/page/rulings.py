"""The rulings of tables: long straight strokes, and the page without them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from azrun.inference.page.bands import Band
from azrun.inference.page.ink import Mask, grown, inked, runs

SHORTEST = 40  # pixels of a horizontal ruling
SHARE = 0.2  # of the width of all ink: the same
SOLID = 0.85  # of its pixels: as many as are ink, where the page is grainy
THICKEST = 4  # pixels: small dense letters, seen from afar, are a thicker stroke
BESIDE = 2  # pixels from the stroke: the paper
FULL = 0.85  # of the height between two horizontal rulings: what a vertical one fills
NARROWEST = 8  # pixels between two horizontal rulings that have text between them


@dataclass(frozen=True)
class Grid:
    """Where vertical rulings stand between one horizontal one and another, if there are any."""

    top: int
    bottom: int
    columns: tuple[int, ...]

    def holds(self, band: Band) -> bool:
        return self.top <= (band.top + band.bottom) / 2 <= self.bottom


def rulings(ink: Mask) -> tuple[Mask, list[Grid]]:
    """The pixels of all rulings, and the grids they form."""
    across = _across(ink)
    rows = [(a + b) // 2 for a, b in runs(inked(across, 1))]
    upright, grids = np.zeros_like(ink), list[Grid]()
    for top, bottom in itertools.pairwise(rows):
        if bottom - top < NARROWEST:
            continue
        full = ink[top : bottom + 1].mean(axis=0) >= FULL
        upright[top : bottom + 1, full] = True
        if full.any():
            grids.append(Grid(top, bottom, _middles(full)))
    if not grids and len(rows) > 1:
        grids = [Grid(rows[0], rows[-1], ())]
    return grown(across | upright, 1), _joined(grids)


def _across(ink: Mask) -> Mask:
    """Pixels of long horizontal strokes, some of which may be missing."""
    columns = np.flatnonzero(ink.any(axis=0))
    found = np.zeros_like(ink)
    if len(columns) == 0:
        return found
    length = int(max(SHORTEST, SHARE * (columns[-1] - columns[0])))
    if length > ink.shape[1]:
        return found
    rows = np.flatnonzero(ink.sum(axis=1) >= SOLID * length)
    found[rows] = _strokes(ink[rows], length)
    for top, bottom in runs(inked(found, 1)):
        if bottom - top > THICKEST or not _free(ink, found, top, bottom):
            found[top:bottom] = False
    return found


def _strokes(rows: Mask, length: int) -> Mask:
    """All that lies in a stretch of so many pixels, most of them ink."""
    before = np.cumsum(np.pad(rows, ((0, 0), (1, 0))), axis=1, dtype=np.int32)
    solid = before[:, length:] - before[:, :-length] >= SOLID * length
    begun = np.cumsum(np.pad(solid, ((0, 0), (0, length - 1))), axis=1, dtype=np.int32)
    begun[:, length:] -= begun[:, :-length].copy()
    return begun > 0


def _free(ink: Mask, found: Mask, top: int, bottom: int) -> bool:
    """Whether little touches the stroke from above and below: it is no line of bold text."""
    columns = found[top:bottom].any(axis=0)
    sides = [row for row in (top - BESIDE, bottom + BESIDE - 1) if 0 <= row < len(ink)]
    return all(ink[row, columns].mean() < 0.3 for row in sides)


def _middles(full: np.ndarray) -> tuple[int, ...]:
    return tuple((a + b) // 2 for a, b in runs(full))


def _joined(grids: Sequence[Grid]) -> list[Grid]:
    """Rows of cells that are one above the other as one grid."""
    found: list[Grid] = []
    for grid in grids:
        if found and grid.top == found[-1].bottom:
            both = sorted({*found[-1].columns, *grid.columns})
            apart = [x for x, y in zip(both, [*both[1:], 2**31], strict=True) if y - x > NARROWEST]
            found[-1] = Grid(found[-1].top, grid.bottom, tuple(apart))
        else:
            found.append(grid)
    return found
