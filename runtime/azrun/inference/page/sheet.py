"""A page as it is read: upright, without its rulings, its rows found."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from azrun.inference.page.bands import Band, bands, usual_height
from azrun.inference.page.ink import Floats, Mask, contrast, ink
from azrun.inference.page.rulings import Grid, rulings
from azrun.inference.page.skew import turn, turned
from azrun.inference.page.strips import Fit, Piece, grid, pieces

LOOSE = 0.7  # of the usual height: a line of low letters alone is not blown up beyond


@dataclass(frozen=True)
class Sheet:
    """`contrast` and `ink` of the page, the grids of rulings that stood there, its rows."""

    contrast: Floats
    ink: Mask
    grids: tuple[Grid, ...]
    bands: tuple[Band, ...]

    @classmethod
    def of(cls, image: Image.Image) -> Sheet:
        away = contrast(image)
        found = ink(away)
        if degrees := turn(found):
            away = turned(away, degrees)
            found = ink(away)
        ruled, grids = rulings(found)
        found &= ~ruled
        return cls(np.where(ruled, 0, away), found, tuple(grids), tuple(bands(found)))

    @property
    def least(self) -> float:
        """As high as the ink of a row counts at least."""
        return LOOSE * usual_height(self.bands)

    def pieces(self, band: Band, within: tuple[int, int], fit: Fit) -> list[Piece]:
        """The pieces of what a band has from one column to another."""
        longest = fit.longest(max(band.height, self.least))
        return pieces(self.ink, band, *within, longest)

    def grid(self, band: Band, piece: Piece, fit: Fit) -> Image.Image:
        box = (piece.left, band.top, piece.right, band.bottom)
        return grid(self.contrast, self.ink, box, self.least, fit)
