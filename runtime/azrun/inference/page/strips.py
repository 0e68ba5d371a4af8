"""Strips: pieces of a line, each black on white on the grid that a model was trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from azrun.inference.page.bands import Band, gaps
from azrun.inference.page.ink import Floats, Mask

WIDE = 1.5  # of a line's height: a gap that ends a strip
WORD = 0.15  # of a line's height: the narrowest gap between words
LATEST = 0.45  # of the grid's width: how far before its end a line may be cut
Span = tuple[int, int]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom; the last two exclusive."""


@dataclass(frozen=True)
class Fit:
    """A grid of one piece of a line, in pixels: `margin` is left free all around."""

    height: int = 28
    width: int = 448
    margin: int = 2

    @classmethod
    def from_metadata(cls, metadata: Mapping[str, str]) -> Fit | None:
        """The grid a GGUF asks for in its `azrun.fit.*` keys, or None where it asks for none."""
        if metadata.get("azrun.fit.kind") != "strips":
            return None
        default = cls()
        return cls(
            height=int(metadata.get("azrun.fit.height", default.height)),
            width=int(metadata.get("azrun.fit.width", default.width)),
            margin=int(metadata.get("azrun.fit.margin", default.margin)),
        )

    def scale(self, height: float) -> float:
        """What brings ink of that height to the grid's."""
        return (self.height - 2 * self.margin) / height

    def longest(self, height: float) -> int:
        """Pixels of a line with ink of that height that fit the grid side by side."""
        return int((self.width - 2 * self.margin) / self.scale(height))


@dataclass(frozen=True)
class Piece:
    """Part of a band, from column `left` to before `right`; `spaced`: a space comes before it."""

    left: int
    right: int
    spaced: bool


def pieces(ink: Mask, band: Band, left: int, right: int, longest: int) -> list[Piece]:
    """The parts of a band between two columns, each as long as `longest` or cut where it can be:
    at wide gaps always, else at the widest gap near the end."""
    white = [(a, b) for a, b in gaps(ink, band) if left < a and b < right]
    edges = [left, *(x for a, b in white if b - a > WIDE * band.height for x in (a, b)), right]
    found: list[Piece] = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        spaced = bool(found)
        for cut, following in _cuts(white, start, end, longest):
            found.append(Piece(start, cut, spaced))
            start, spaced = following, following - cut > WORD * band.height
        found.append(Piece(start, end, spaced))
    return found


def _cuts(white: list[Span], start: int, end: int, longest: int) -> list[Span]:
    """The gaps at which a line from `start` to `end` is cut."""
    cuts: list[Span] = []
    while end - start > longest:
        near = [(a, b) for a, b in white if start + (1 - LATEST) * longest <= a <= start + longest]
        if not near:
            break
        widest = max(b - a for a, b in near)
        cuts.append([gap for gap in near if gap[1] - gap[0] >= 0.8 * widest][-1])
        start = cuts[-1][1]
    return cuts


def grid(contrast: Floats, ink: Mask, box: Box, height: float, fit: Fit) -> Image.Image:
    """The ink in `box` on a grid of its own.

    RGB of `fit.width` x `fit.height`: scaled by what brings `height` to the grid's (less, where
    it would be too wide), left-aligned, vertically centred, black ink on white.
    """
    left, top, right, bottom = box
    part = np.s_[top:bottom, left:right]
    full = max(1.0, float(np.percentile(contrast[part][ink[part]], 90)))
    shade = np.rint(255 * (1 - np.clip(contrast[part] / full, 0, 1))).astype(np.uint8)
    room = fit.width - 2 * fit.margin
    scale = min(fit.scale(max(height, bottom - top)), room / (right - left))
    size = max(1, round((right - left) * scale)), max(1, round((bottom - top) * scale))
    sheet = Image.new("L", (fit.width, fit.height), 255)
    line = Image.fromarray(shade).resize(size, Image.Resampling.BILINEAR)
    sheet.paste(line, (fit.margin, (fit.height - size[1]) // 2))
    return sheet.convert("RGB")
