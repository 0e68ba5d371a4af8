"""A watermark: large faint letters behind the text, at any slant."""

from __future__ import annotations

import numpy as np

from azrun.inference.page.bands import Band, bands, usual_height
from azrun.inference.page.ink import Floats, Mask, grain, grown
from azrun.inference.page.sheet import Sheet
from azrun.inference.page.skew import slant, turned

FAINTEST = 6.0  # gray levels
LARGER = 1.3  # than the text, at least
STROKE = 2  # pixels around each: what is thinner is the rim of a letter
LEAST = 150  # pixels of such strokes


def watermark(sheet: Sheet) -> Sheet | None:
    """The watermark alone, upright and of one band; None where the page has none."""
    near = grown(sheet.ink, 3)
    faint = (sheet.contrast > max(FAINTEST, grain(sheet.contrast))) & ~near
    if _thick(faint).sum() < LEAST:
        return None
    contrast = np.where(near, 0, sheet.contrast) * faint
    whole = _filled(contrast, near)
    upright = turned(whole, slant(_thick(whole > 0)))
    found = upright > 0.3 * float(np.percentile(upright[upright > 0], 90))
    least = LARGER * usual_height(sheet.bands)
    large = [band for band in bands(_thick(found)) if band.height >= least]
    if not large:
        return None
    band = Band(max(0, large[0].top - STROKE), large[0].bottom + STROKE)
    return Sheet(upright, found, (), (band,))


def _thick(mask: Mask) -> Mask:
    return ~grown(~mask, STROKE)


def _filled(contrast: Floats, holes: Mask) -> Floats:
    """Where text lay above, as strong as what is around."""
    for _ in range(STROKE * 4):
        image = np.pad(contrast, 1)
        around = np.max(
            [image[:-2, 1:-1], image[2:, 1:-1], image[1:-1, :-2], image[1:-1, 2:]], axis=0
        )
        contrast = np.where(holes & (contrast == 0), around, contrast)
    return contrast.astype(np.float32)
