"""Pages printed with the font that comes with Pillow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
from PIL import Image, ImageDraw, ImageFont

Page = Callable[..., Image.Image]
EM = 24
FONT = ImageFont.load_default(EM)


@pytest.fixture
def page() -> Page:
    """Lines of text one below the other, black on white."""

    def printed(
        *lines: str, pitch: float = 1.5, paper: str = "white", ink: str = "black"
    ) -> Image.Image:
        width = int(max((FONT.getlength(line) for line in lines), default=0)) + 80
        image = Image.new("RGB", (width, int(EM * (pitch * len(lines) + 2))), paper)
        for row, line in enumerate(lines):
            ImageDraw.Draw(image).text((40, EM * (1 + pitch * row)), line, font=FONT, fill=ink)
        return image

    return printed


@pytest.fixture
def table() -> Page:
    """Rows of cells 200 pixels wide and 48 high; `ruled`: with a line around each cell."""

    def printed(*rows: Sequence[str], ruled: bool = False) -> Image.Image:
        columns = len(rows[0])
        image = Image.new("RGB", (200 * columns + 40, 48 * len(rows) + 40), "white")
        draw = ImageDraw.Draw(image)
        for y, row in enumerate(rows):
            for x, cell in enumerate(row):
                left, top = 20 + 200 * x, 20 + 48 * y
                if ruled:
                    draw.rectangle((left, top, left + 200, top + 48), outline="black", width=2)
                draw.text((left + 12, top + 10), cell, font=FONT, fill="black")
        return image

    return printed
