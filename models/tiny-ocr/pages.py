"""How the lines look: printed on a page of any colour, spoiled a little, fitted to the grid."""

from __future__ import annotations

import io
import random

import fonts
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter
from text import evaluation_line, training_line

from azrun.inference.fit import LineFit, fit_line

GRID = LineFit(height=28, width=448, margin=2)
LEAST_CONTRAST = 70
BLANK = 0.02
"""How many training pages say nothing."""

Color = tuple[int, int, int]
Grids = NDArray[np.uint8]


def printed(line: str, font: str, size: int, rng: random.Random) -> Image.Image:
    """`line` in `font` at `size` pixels an em, on a page somewhat larger than it."""
    face = fonts.load(font, size)
    left, top, right, bottom = face.getbbox(line)
    room = size * 2
    page, ink = _colors(rng)
    extent = int(right - left) + rng.randint(8, room), int(bottom - top) + rng.randint(6, room)
    image = Image.new("RGB", extent, page)
    x = rng.uniform(2, extent[0] - (right - left) - 2) - left
    y = rng.uniform(2, extent[1] - (bottom - top) - 2) - top
    ImageDraw.Draw(image).text((x, y), line, font=face, fill=ink)
    return image


def spoiled(image: Image.Image, rng: random.Random) -> Image.Image:
    """`image` perhaps tilted, blurred, made noisy and compressed: legible still."""
    if rng.random() < 0.3:
        corner = image.getpixel((0, 0))
        image = image.rotate(rng.uniform(-0.7, 0.7), Image.Resampling.BILINEAR, fillcolor=corner)
    if rng.random() < 0.25:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.2, 0.03 * image.height)))
    if rng.random() < 0.3:
        image = _noisy(image, rng.uniform(1, 9), rng.getrandbits(32))
    if rng.random() < 0.25:
        image = _compressed(image, rng.randint(35, 95))
    return image


def training_pair(
    rng: random.Random, names: tuple[str, ...], longest: int
) -> tuple[Image.Image, str]:
    """A grid and what it says."""
    line = training_line(rng, longest) if rng.random() >= BLANK else ""
    size = rng.randint(12, 48) if rng.random() < 0.8 else rng.randint(12, 20)
    return fit_line(spoiled(printed(line, rng.choice(names), size, rng), rng), GRID), line


def training_chunk(
    seed: str, count: int, names: tuple[str, ...], longest: int
) -> tuple[Grids, list[str]]:
    """`count` pairs made from `seed`: grids of [count, height, width] and their lines."""
    rng = random.Random(seed)
    pairs = [training_pair(rng, names, longest) for _ in range(count)]
    return np.stack([np.asarray(image)[..., 0] for image, _ in pairs]), [line for _, line in pairs]


def evaluation_page(rng: random.Random) -> tuple[Image.Image, str, str]:
    """A page as a user would send it, 16 to 48 pixels an em; what it says; its font."""
    line, font = evaluation_line(rng), rng.choice(fonts.HELD_OUT)
    return spoiled(printed(line, font, rng.randint(16, 48), rng), rng), line, font


def evaluation_chunk(seed: str, count: int) -> tuple[Grids, list[str]]:
    """`count` evaluation pages, fitted: grids of [count, height, width] and their lines."""
    rng = random.Random(seed)
    pairs = [evaluation_page(rng) for _ in range(count)]
    grids = [np.asarray(fit_line(page, GRID))[..., 0] for page, _, _ in pairs]
    return np.stack(grids), [line for _, line, _ in pairs]


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
