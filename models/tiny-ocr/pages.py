"""How the pages look: lines printed in any colour, spoiled a little; and their strips."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass

import fonts
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from text import training_cell, training_line

from azrun.inference.page.bands import extent
from azrun.inference.page.sheet import Sheet
from azrun.inference.page.strips import Fit, Piece

GRID = Fit(height=28, width=448, margin=2)
LEAST_CONTRAST = 70
BLANK = 0.01
"""How many strips say nothing."""

Color = tuple[int, int, int]
Grids = NDArray[np.uint8]
Samples = list[tuple[Image.Image, str]]


@dataclass(frozen=True)
class Hand:
    """What a page is printed with: `size` in pixels an em."""

    font: str
    size: int
    page: Color
    ink: Color

    @classmethod
    def of(cls, rng: random.Random, names: tuple[str, ...], size: int, text: str) -> Hand:
        return cls(fonts.some(rng, names, text), size, *_colors(rng))

    def width(self, text: str) -> float:
        return float(fonts.load(self.font, self.size).getlength(text))


def printed(lines: list[str], hand: Hand, rng: random.Random) -> Image.Image:
    """`lines` one below the other, on a page somewhat larger than they are."""
    face, room = fonts.load(hand.font, hand.size), hand.size * 2
    boxes = [face.getbbox(line) for line in lines]
    pitch = hand.size * rng.uniform(1.2, 1.7)
    left, right = min(box[0] for box in boxes), max(box[2] for box in boxes)
    top, bottom = boxes[0][1], boxes[-1][3] + pitch * (len(lines) - 1)
    extent = int(right - left) + rng.randint(8, room), int(bottom - top) + rng.randint(6, room)
    image = Image.new("RGB", extent, hand.page)
    x = rng.uniform(2, extent[0] - (right - left) - 2) - left
    y = rng.uniform(2, extent[1] - (bottom - top) - 2) - top
    for row, line in enumerate(lines):
        ImageDraw.Draw(image).text((x, y + row * pitch), line, font=face, fill=hand.ink)
    return image


def spoiled(image: Image.Image, size: int, rng: random.Random) -> Image.Image:
    """`image`, its letters `size` pixels an em, perhaps turned by up to two degrees, blurred,
    made noisy and compressed: legible still."""
    if rng.random() < 0.4:
        corner, method = image.getpixel((0, 0)), Image.Resampling.BICUBIC
        image = image.rotate(rng.uniform(-2, 2), method, expand=True, fillcolor=corner)
    if rng.random() < 0.25:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.2 + 0.04 * size)))
    if rng.random() < 0.3:
        image = _noisy(image, rng.uniform(1, 9), rng.getrandbits(32))
    if rng.random() < 0.25:
        image = _compressed(image, rng.randint(35, 95))
    return image


def training_chunk(
    seed: str, count: int, names: tuple[str, ...], longest: int
) -> tuple[Grids, list[str]]:
    """`count` strips made from `seed`: grids of [count, height, width] and what they say."""
    rng, samples = random.Random(seed), Samples()
    while len(samples) < count:
        samples += _training_page(rng, names, longest)
    return gray([grid for grid, _ in samples[:count]]), [said for _, said in samples[:count]]


def gray(images: list[Image.Image]) -> Grids:
    """Grids of [images, height, width]."""
    return np.stack([np.asarray(image)[..., 0] for image in images])


def strips(image: Image.Image, lines: list[str], hand: Hand) -> Samples:
    """The strips of a page that says `lines`, each with its part of them.

    None where the page was not split as it was printed: what a strip says is then unknown.
    """
    sheet = Sheet.of(image)
    if len(sheet.bands) != len(lines):
        return []
    return [
        (sheet.grid(band, piece, GRID), said)
        for band, line in zip(sheet.bands, lines, strict=True)
        for piece, said in _said(sheet.pieces(band, extent(sheet.ink, band), GRID), line, hand)
    ]


def _training_page(rng: random.Random, names: tuple[str, ...], longest: int) -> Samples:
    kind = rng.random()
    if kind < BLANK:
        return [(Image.new("RGB", (GRID.width, GRID.height), "white"), "")]
    if kind < 0.6:
        lines = [training_line(rng, longest)]
    elif kind < 0.8:
        lines = [training_line(rng, longest) for _ in range(rng.randint(2, 4))]
    else:
        lines = [_row(rng) for _ in range(rng.randint(1, 3))]
    size = rng.randint(10, 44) if rng.random() < 0.7 else rng.randint(10, 18)
    hand = Hand.of(rng, names, size, "".join(lines))
    return strips(spoiled(printed(lines, hand, rng), size, rng), lines, hand)


def _row(rng: random.Random) -> str:
    cells = [training_cell(rng) for _ in range(rng.randint(2, 4))]
    return (" " * rng.randint(6, 14)).join(cells)


def _said(pieces: list[Piece], line: str, hand: Hand) -> list[tuple[Piece, str]]:
    """Each piece with the characters whose middle lies in it: a strip knows its place only."""
    whole, first, last = hand.width(line), pieces[0].left, pieces[-1].right
    ends = [hand.width(line[: index + 1]) / whole for index in range(len(line))]
    middles = [
        first + (last - first) * (a + b) / 2 for a, b in zip([0.0, *ends], ends, strict=False)
    ]
    found = []
    for piece in pieces:
        inside = [c for c, x in zip(line, middles, strict=True) if piece.left <= x < piece.right]
        if text := "".join(inside).strip():
            found.append((piece, text))
    cut = any(not piece.spaced for piece in pieces[1:])
    return [] if cut else found


def _colors(rng: random.Random) -> tuple[Color, Color]:
    """A page and an ink far enough apart in lightness; in one of six, light ink on dark."""
    if rng.random() < 0.5:
        return (rng.randint(235, 255),) * 3, (rng.randint(0, 60),) * 3
    while True:
        page, ink = ((rng.randrange(256), rng.randrange(256), rng.randrange(256)) for _ in range(2))
        distance = _lightness(page) - _lightness(ink)
        if abs(distance) > LEAST_CONTRAST and (distance > 0 or rng.random() < 0.5):
            return page, ink


def _lightness(color: Color) -> float:
    return 0.299 * color[0] + 0.587 * color[1] + 0.114 * color[2]


def _noisy(image: Image.Image, spread: float, seed: int) -> Image.Image:
    pixels = np.asarray(image, np.float32)
    grain = np.random.default_rng(seed).standard_normal(pixels.shape[:2], np.float32) * spread
    return Image.fromarray(np.clip(pixels + grain[..., None], 0, 255).astype(np.uint8))


def _compressed(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("RGB")
