"""Tables: rows of a page that leave the same columns empty, or are ruled."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from azrun.inference.page.bands import Band, extent, gaps
from azrun.inference.page.ink import Mask
from azrun.inference.page.rulings import Grid

WIDE = 1.2  # of a row's height: the narrowest gap between columns that are not ruled
NEAR = 1.6  # of a row's height: how far below a row with one cell alone may follow
Span = tuple[int, int]


@dataclass(frozen=True)
class Table:
    """Bands `first` to `last` of a page, and where its columns end but for the last one."""

    first: int
    last: int
    ends: tuple[int, ...]


def tables(ink: Mask, bands: Sequence[Band], grids: Sequence[Grid]) -> list[Table]:
    """The page's tables, each of two columns at least, and of two rows where it is not ruled."""
    rows = [_Row.of(ink, band) for band in bands]
    found: list[Table] = []
    first = 0
    while first < len(rows):
        grid = next((grid for grid in grids if grid.holds(bands[first])), None)
        table = _reach(rows, first) if grid is None else _ruled(rows, first, grid)
        if table is not None:
            found.append(table)
        first = first + 1 if table is None else table.last + 1
    return found


@dataclass(frozen=True)
class _Row:
    """One band: where its ink is, and what is `white` between and around."""

    band: Band
    left: int
    right: int
    white: list[Span]

    @classmethod
    def of(cls, ink: Mask, band: Band) -> _Row:
        return cls(band, *extent(ink, band), gaps(ink, band))

    @property
    def parted(self) -> bool:
        return bool(_columns([self], self.white))


def _columns(rows: Sequence[_Row], white: list[Span]) -> list[Span]:
    """Which of the gaps part columns: wide ones, with text on both sides."""
    least = WIDE * min(row.band.height for row in rows)
    left, right = min(row.left for row in rows), max(row.right for row in rows)
    return [(a, b) for a, b in white if b - a >= least and left < a and b < right]


def _common(white: list[Span], row: _Row) -> list[Span]:
    both = [(max(a, c), min(b, d)) for a, b in white for c, d in row.white]
    return [(a, b) for a, b in both if a < b]


def _reach(rows: Sequence[_Row], first: int) -> Table | None:
    """The table that begins with a row, as far down as rows leave the same columns empty."""
    inside, white = [rows[first]], rows[first].white
    columns, full = _columns(inside, white), 1
    while columns and first + len(inside) < len(rows):
        row = rows[first + len(inside)]
        kept = _common(white, row)
        found = _columns([*inside, row], kept)
        if not row.parted and (len(found) < len(columns) or not _follows(inside, row)):
            break
        if not found:
            break
        inside, white, columns, full = [*inside, row], kept, found, full + row.parted
    if full < 2:
        return None
    return Table(first, first + len(inside) - 1, tuple((a + b) // 2 for a, b in columns))


def _follows(inside: Sequence[_Row], row: _Row) -> bool:
    """Whether a row with one cell alone is as near as the rows above are to each other."""
    bottoms = [above.band.bottom for above in inside]
    apart = row.band.top - bottoms[-1]
    usual = max((b.band.top - a for a, b in zip(bottoms, inside[1:], strict=False)), default=0)
    return apart <= max(NEAR * row.band.height, 1.4 * usual)


def _ruled(rows: Sequence[_Row], first: int, grid: Grid) -> Table | None:
    inside = [row for row in rows[first:] if grid.holds(row.band)]
    left, right = min(row.left for row in inside), max(row.right for row in inside)
    ends = [x for x in grid.columns if left < x < right]
    if not grid.columns and len(inside) > 1:
        white = functools.reduce(_common, inside[1:], inside[0].white)
        ends = [(a + b) // 2 for a, b in _columns(inside, white)]
    return Table(first, first + len(inside) - 1, tuple(ends)) if ends else None
