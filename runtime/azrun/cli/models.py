"""`azrun models`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from azrun.cli.options import config_option

if TYPE_CHECKING:
    from azrun.config.local import Models
    from azrun.inference.registry import Row

HEADINGS = ("ID", "SLUG", "KIND", "CONTEXT", "WHAT ANSWERS HERE")


@click.group()
def models() -> None:
    """Say which models there are, and what answers for them."""


@models.command("list")
@config_option
def list_models(config: Path) -> None:
    """List the models of Azion's catalogue, and those of azrun.toml.

    CONTEXT is in tokens. Outside a project it is the catalogue alone.
    """
    from azrun.inference.registry import Registry

    settings = _settings(config)
    rows = Registry.from_config(settings).describe()
    cells = [HEADINGS, *(_cells(row, settings) for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(HEADINGS))]
    for number, row in enumerate(cells):
        line = "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True))
        click.secho(line.rstrip(), bold=number == 0)


def _settings(config: Path) -> Models:
    from azrun.config import load_config
    from azrun.config.local import Models

    parameter = click.get_current_context().get_parameter_source("config")
    given = parameter is click.core.ParameterSource.COMMANDLINE
    return load_config(config).local.models if given or config.exists() else Models()


def _cells(row: Row, settings: Models) -> tuple[str, ...]:
    from azrun.inference.catalogue import BY_ID
    from azrun.observe.units import size

    entry = settings.entries.get(row.id)
    context = BY_ID[row.id].context if row.id in BY_ID else entry.context if entry else None
    behind = f"{row.behind} ({size(row.size)})" if row.behind else "nothing"
    return (
        row.id,
        row.slug or "-",
        row.kind or "-",
        f"{context:,}" if context else "-",
        f"{behind}, a stand-in" if row.stand_in else behind,
    )
