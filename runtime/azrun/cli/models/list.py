"""`azrun models list`."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from azrun.cli.options import config_option

if TYPE_CHECKING:
    from azrun.config.models import Models
    from azrun.inference.registry import Row

HEADINGS = ("ID", "SLUG", "KIND", "CONTEXT", "STATE", "WHAT ANSWERS HERE")
SLUG, STATE = HEADINGS.index("SLUG"), HEADINGS.index("STATE")
Cells = tuple[str, ...]


@click.command("list")
@config_option
def command(config: Path) -> None:
    """List the models of Azion's catalogue, and those of azrun.toml.

    CONTEXT is in tokens. Outside a project it is the catalogue alone. `azrun models show ID`
    says more of one.
    """
    from azrun.cli.models.place import find_place
    from azrun.inference.registry import Registry

    place = find_place(config)
    rows = Registry.from_config(place.models, place.env).describe()
    table = [HEADINGS, *(_cells(row, place.models) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    too_wide = sum(widths) + 2 * len(widths) > shutil.get_terminal_size().columns
    hidden = SLUG if too_wide and sys.stdout.isatty() else None
    click.secho(_line(HEADINGS, widths, hidden), bold=True)
    for cells in table[1:]:
        click.echo(_line(cells, widths, hidden))


def _line(cells: Cells, widths: Sequence[int], hidden: int | None) -> str:
    from azrun.cli.models.rows import STYLES

    padded = [text.ljust(width) for text, width in zip(cells, widths, strict=True)]
    padded[STATE] = click.style(padded[STATE], fg=STYLES.get(cells[STATE]))
    return "  ".join(text for at, text in enumerate(padded) if at != hidden).rstrip()


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
