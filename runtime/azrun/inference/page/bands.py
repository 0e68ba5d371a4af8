"""Rows of text on an upright page, and the words of a row."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from azrun.inference.page.ink import Mask, inked, runs

SMALL = 0.4  # of the usual height: accents, dots, the halves of "="
NEAR = 0.3  # of the usual height: as far as they stand from their letters
TALL = 1.6  # of the usual height: more than one line
LITTLE = 0.3  # of a band's mean ink in a row of pixels: where two lines only touch
SPECK = 4  # pixels: less is no text beside bigger ink


@dataclass(frozen=True)
class Band:
    """One row of text: its first row of pixels, and the one after its last."""

    top: int
    bottom: int

    @property
    def height(self) -> int:
        return self.bottom - self.top


def bands(ink: Mask) -> list[Band]:
    """The rows of text from top to bottom."""
    counts = ink.sum(axis=1)
    found = [Band(top, bottom) for top, bottom in runs(counts > 0)]
    found = [b for b in found if len(found) == 1 or counts[b.top : b.bottom].sum() >= SPECK]
    usual = usual_height(found)
    found = [b for b in _joined(found, usual) if b.height >= usual / 8]
    return [part for band in found for part in _parted(counts, band, usual)]


def usual_height(found: Sequence[Band]) -> float:
    """The median height of the bands, without those that may be accents or dots."""
    heights = sorted(band.height for band in found)
    letters = [height for height in heights if height >= heights[-1] / 4]
    return float(letters[len(letters) // 2]) if letters else 0.0


def _joined(found: list[Band], usual: float) -> list[Band]:
    """Accents and dots with the letters they belong to: each with its nearest neighbour."""
    apart = [b.top - a.bottom for a, b in itertools.pairwise(found)]
    linked: set[int] = set()  # each band that the next one belongs to
    for index, band in enumerate(found):
        beside = [i for i in (index - 1, index) if 0 <= i < len(apart)]
        if beside and band.height < SMALL * usual:
            nearest = min(beside, key=lambda i: (apart[i], -i))
            linked |= {nearest} if apart[nearest] <= NEAR * usual else set()
    joined = found[:1]
    for index, band in enumerate(found[1:]):
        both = Band(joined[-1].top, band.bottom)
        if index in linked and both.height <= 1.5 * usual:
            joined[-1] = both
        else:
            joined.append(band)
    return joined


def _parted(counts: NDArray[np.intp], band: Band, usual: float) -> list[Band]:
    """A band whose lines touch, cut where there is least ink between them."""
    lines = round(band.height / (1.15 * usual)) if band.height > TALL * usual else 1
    inside, near = counts[band.top : band.bottom], band.height // (4 * lines)
    middles = [band.height * line // lines for line in range(1, lines)]
    cuts = [m - near + int(inside[m - near : m + near + 1].argmin()) for m in middles]
    if any(inside[cut] > LITTLE * inside.mean() for cut in cuts):
        return [band]
    edges = [0, *cuts, band.height]
    return [Band(band.top + a, band.top + b) for a, b in itertools.pairwise(edges)]


def extent(ink: Mask, band: Band) -> tuple[int, int]:
    """First column of a band's ink, and the one after its last."""
    columns = np.flatnonzero(inked(ink[band.top : band.bottom], 0))
    return int(columns[0]), int(columns[-1]) + 1


def gaps(ink: Mask, band: Band) -> list[tuple[int, int]]:
    """The empty columns of a band, between words and letters, the page's margins with them."""
    return runs(~inked(ink[band.top : band.bottom], 0))
