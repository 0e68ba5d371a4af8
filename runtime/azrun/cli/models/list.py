"""`azrun models list`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from azrun.cli.options import config_option

if TYPE_CHECKING:
    from azrun.config.models import Models
    from azrun.inference.registry import Row

HEADINGS = ("ID", "SLUG", "KIND", "CONTEXT", "STATE", "WHAT ANSWERS HERE")
SLUG, KIND, CONTEXT, STATE, ANSWERS = range(1, len(HEADINGS))
READY = ("ready", "-")
Cells = tuple[str, ...]


@click.command("list")
@config_option
def command(config: Path) -> None:
    """List the models of Azion's catalogue, and those of azrun.toml.

    CONTEXT is in tokens. Below are the stand-ins: tiny models that come with azrun, and answer
    until a real one is there. Outside a project it is the catalogue alone. `azrun models show
    ID` says more of one.
    """
    from azrun.cli.models.place import find_place
    from azrun.inference.registry import Registry

    place = find_place(config)
    rows = Registry.from_config(place.models, place.env).describe()
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else sys.maxsize
    for line in (*_models([_cells(row, place.models) for row in rows], room), *_stand_ins(rows)):
        click.echo(line)


def _models(table: Sequence[Cells], room: int) -> Iterator[str]:
    """A table; without the slugs where it has no room, and where it still has none, two lines
    for each model."""
    widths = [max(map(len, column)) for column in zip(HEADINGS, *table, strict=True)]
    whole = sum(widths) + 2 * (len(widths) - 1)
    slugs = widths[SLUG] + 2
    if whole - slugs > room:
        for cells in table:
            yield from _lines(cells)
        return
    hidden = SLUG if whole > room else None
    yield click.style(_row(HEADINGS, widths, hidden), bold=True)
    for cells in table:
        yield _row(cells, widths, hidden)


def _row(cells: Cells, widths: Sequence[int], hidden: int | None) -> str:
    padded = [text.ljust(width) for text, width in zip(cells, widths, strict=True)]
    padded[STATE] = _coloured(cells[STATE], padded[STATE])
    return "  ".join(text for at, text in enumerate(padded) if at != hidden).rstrip()


def _lines(cells: Cells) -> Iterator[str]:
    yield click.style(cells[0], bold=True)
    context = f"{cells[CONTEXT]} tokens" if cells[CONTEXT] != "-" else ""
    state = cells[STATE] if cells[STATE] not in READY else ""
    kind = cells[KIND] if cells[KIND] != "-" else ""
    about = [part for part in (cells[ANSWERS], kind, context, _coloured(state, state)) if part]
    yield f"  {' · '.join(about)}"


def _coloured(state: str, text: str) -> str:
    from azrun.cli.models.rows import STYLES

    return click.style(text, fg=STYLES[state]) if state in STYLES else text


def _stand_ins(rows: Sequence[Row]) -> Iterator[str]:
    """What comes with azrun, and for how many models it answers here."""
    from azrun.inference.embedded import embedded

    yield ""
    yield click.style("Stand-ins", bold=True) + ", tiny models that come with azrun:"
    for one in embedded().values():
        served = [row.id for row in rows if row.stand_in and row.behind == one.name]
        count = (
            f"{len(served)} {one.kind} models"
            if len(served) > 1
            else "".join(served) or "nothing here"
        )
        yield f"  {one.name:<11}  {one.does}; stands in for {count}"
    yield "`azrun models pull ID` puts a real model in a stand-in's place."


def _cells(row: Row, settings: Models) -> Cells:
    from azrun.cli.models.rows import behind, state
    from azrun.inference.catalogue import BY_ID

    entry = settings.entries.get(row.id)
    context = BY_ID[row.id].context if row.id in BY_ID else entry.context if entry else None
    return (
        row.id,
        row.slug or "-",
        row.kind or "-",
        f"{context:,}" if context else "-",
        state(row),
        behind(row),
    )
