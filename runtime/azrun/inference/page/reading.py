"""A page in reading order: strips to read, and what the answer says between them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from azrun.inference.page.bands import Band, extent
from azrun.inference.page.ink import inked
from azrun.inference.page.sheet import Sheet
from azrun.inference.page.strips import Fit
from azrun.inference.page.tables import Table, tables
from azrun.inference.page.watermark import watermark

NARROW = 9.0  # of a line's height: as wide as a page number may be, "Page 10 of 12"
ALONE = 0.9  # of a line's height: how far a page number stands from the text

MOST_STRIPS = 400
"""Of a page: what comes after is left out. A densely printed one has 150."""


@dataclass
class Reading:
    """`strips`: what the answer says before each grid, and the grid; `after`: what it ends with;
    `cut`: the page had more than `MOST_STRIPS`."""

    strips: list[tuple[str, Image.Image]] = field(default_factory=list)
    after: str = ""
    cut: bool = False

    def say(self, text: str) -> None:
        self.after += text

    def show(self, image: Image.Image) -> None:
        self.strips.append((self.after, image))
        self.after = ""

    @property
    def full(self) -> bool:
        return len(self.strips) == MOST_STRIPS

    def begin_line(self) -> None:
        if self.strips or self.after:
            self.say("\n")


def read(image: Image.Image, fit: Fit, *, tagged: bool = False) -> Reading:
    """The page from top to bottom; all text of a row is one line.

    `tagged`: tables as HTML, page numbers and watermarks in tags, as Nanonets-OCR-s writes them.
    """
    sheet, reading = Sheet.of(image), Reading()
    if not tagged:
        for band in sheet.bands:
            _line(sheet, band, fit, reading)
        return reading
    found = {table.first: table for table in tables(sheet.ink, sheet.bands, sheet.grids)}
    inside = {i for table in found.values() for i in range(table.first, table.last + 1)}
    numbers = set(_page_numbers(sheet, inside))
    for index, band in enumerate(sheet.bands):
        if index in found:
            _table(sheet, found[index], fit, reading)
        elif index not in inside:
            _line(sheet, band, fit, reading, "page_number" if index in numbers else "")
    faint = watermark(sheet)
    if faint is not None:
        _line(faint, faint.bands[0], fit, reading, "watermark")
    return reading


def asks_for_tags(prompt: str) -> bool:
    """Whether a prompt names what Nanonets-OCR-s marks up."""
    return any(word in prompt.lower() for word in ("html", "<page_number>", "<watermark>"))


def _line(sheet: Sheet, band: Band, fit: Fit, reading: Reading, tag: str = "") -> None:
    if reading.full:
        reading.cut = True
        return
    reading.begin_line()
    reading.say(f"<{tag}>" if tag else "")
    _pieces(sheet, band, extent(sheet.ink, band), fit, reading)
    reading.say(f"</{tag}>" if tag else "")


def _table(sheet: Sheet, table: Table, fit: Fit, reading: Reading) -> None:
    reading.begin_line()
    reading.say("<table>")
    for band in sheet.bands[table.first : table.last + 1]:
        if reading.full:
            reading.cut = True
            break
        reading.say("<tr>")
        for cell in _cells(sheet, table, band):
            reading.say("<td>")
            if cell is not None:
                _pieces(sheet, band, cell, fit, reading)
            reading.say("</td>")
        reading.say("</tr>")
    reading.say("</table>")


def _pieces(sheet: Sheet, band: Band, within: tuple[int, int], fit: Fit, reading: Reading) -> None:
    for piece in sheet.pieces(band, within, fit):
        if reading.full:
            reading.cut = True
            return
        reading.say(" " if piece.spaced else "")
        reading.show(sheet.grid(band, piece, fit))


def _cells(sheet: Sheet, table: Table, band: Band) -> Iterator[tuple[int, int] | None]:
    """From which column to which the ink of each cell reaches; None where it is empty."""
    row = sheet.ink[band.top : band.bottom]
    for left, right in zip((0, *table.ends), (*table.ends, row.shape[1]), strict=True):
        columns = np.flatnonzero(inked(row[:, left:right], 0))
        yield (left + int(columns[0]), left + int(columns[-1]) + 1) if len(columns) else None


def _page_numbers(sheet: Sheet, inside: set[int]) -> Iterator[int]:
    """The first and the last band, where it is short and stands alone."""
    bands, last = sheet.bands, len(sheet.bands) - 1
    if last < 1:
        return
    pitches = sorted(b.top - a.bottom for a, b in itertools.pairwise(bands))
    usual = pitches[len(pitches) // 2] if last > 1 else 0
    for index, next_to in ((0, 1), (last, last - 1)):
        left, right = extent(sheet.ink, bands[index])
        upper, lower = bands[min(index, next_to)], bands[max(index, next_to)]
        apart = lower.top - upper.bottom
        height = bands[index].height
        if (
            right - left <= NARROW * height
            and apart >= max(1.5 * usual, ALONE * height)
            and index not in inside
        ):
            yield index
