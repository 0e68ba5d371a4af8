"""What the model is judged on: pages in fonts and words that the training never shows."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

import fonts
from pages import Grids, Hand, gray, printed, spoiled, strips
from PIL import Image, ImageDraw
from text import evaluation_cell, evaluation_line

SIZES = (10, 40)
"""Pixels an em."""


@dataclass(frozen=True)
class Page:
    """A page as a user would send it, and what it says."""

    image: Image.Image
    text: str
    font: str


def edits(a: str, b: str) -> int:
    """The Levenshtein distance of two texts."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        corner, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (x != y))
    return row[-1]


def line_page(rng: random.Random) -> Page:
    """One line of 3 to 48 characters."""
    return _text_page(rng, [evaluation_line(rng)])


def block_page(rng: random.Random) -> Page:
    """Two to eight lines."""
    return _text_page(rng, [evaluation_line(rng) for _ in range(rng.randint(2, 8))])


def table_page(rng: random.Random) -> Page:
    """A table of two to five rows and two to four columns: ruled, underlined, or neither. With
    more than two rows a cell may be empty."""
    rows, columns = rng.randint(2, 5), rng.randint(2, 4)
    cells = [[evaluation_cell(rng) for _ in range(columns)] for _ in range(rows)]
    if rows > 2 and rng.random() < 0.4:
        cells[rng.randrange(rows)][rng.randrange(columns)] = ""
    hand = _hand(rng, "".join(map("".join, cells)))
    image = _table(cells, hand, rng, rng.choice(("ruled", "lined", "plain")))
    return Page(spoiled(image, hand.size, rng), html(cells), hand.font)


def html(rows: list[list[str]]) -> str:
    """A table as Nanonets-OCR-s writes it, without the line breaks."""
    lines = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"


def evaluation_strips(seed: str, count: int) -> tuple[Grids, list[str]]:
    """`count` strips of evaluation pages with one line, for checks between steps."""
    rng, samples = random.Random(seed), list[tuple[Image.Image, str]]()
    while len(samples) < count:
        line = evaluation_line(rng)
        hand = _hand(rng, line)
        samples += strips(spoiled(printed([line], hand, rng), hand.size, rng), [line], hand)
    return gray([grid for grid, _ in samples[:count]]), [said for _, said in samples[:count]]


def _hand(rng: random.Random, text: str) -> Hand:
    return Hand.of(rng, fonts.HELD_OUT, rng.randint(*SIZES), text)


def _text_page(rng: random.Random, lines: list[str]) -> Page:
    hand = _hand(rng, "".join(lines))
    image = spoiled(printed(lines, hand, rng), hand.size, rng)
    return Page(image, "\n".join(lines), hand.font)


def _table(cells: list[list[str]], hand: Hand, rng: random.Random, style: str) -> Image.Image:
    em, face = hand.size, fonts.load(hand.font, hand.size)
    pad = rng.uniform(0.4, 1.0) * em if style == "ruled" else rng.uniform(0.8, 1.6) * em
    pitch, line = rng.uniform(1.6, 2.2) * em, max(1, em // 16)
    widths = [max(hand.width(row[i]) for row in cells) + 2 * pad for i in range(len(cells[0]))]
    lefts = [em + sum(widths[:i]) for i in range(len(widths) + 1)]
    tops = [em + pitch * i for i in range(len(cells) + 1)]
    image = Image.new("RGB", (int(lefts[-1] + em), int(tops[-1] + em)), hand.page)
    draw = ImageDraw.Draw(image)
    for top, row in zip(tops, cells, strict=False):
        for left, cell in zip(lefts, row, strict=False):
            draw.text((left + pad, top + (pitch - 1.25 * em) / 2), cell, font=face, fill=hand.ink)
    across = {"ruled": tops, "lined": [tops[0], tops[1], tops[-1]], "plain": []}[style]
    for y in across:
        draw.line((lefts[0], y, lefts[-1], y), hand.ink, line)
    for x in lefts if style == "ruled" else ():
        draw.line((x, tops[0], x, tops[-1]), hand.ink, line)
    return image


KINDS: dict[str, Callable[[random.Random], Page]] = {
    "line": line_page,
    "block": block_page,
    "table": table_page,
}
