"""`azrun models`: one file a command."""

from __future__ import annotations

import click

from azrun.cli import Lazy

COMMANDS = {
    "list": "List the models of Azion's catalogue, and those of azrun.toml.",
    "show": "Say everything about one model.",
    "pull": "Download a model, and put it behind its id.",
    "add": "Put a GGUF file of this machine behind an id.",
    "rm": "Take away what stands behind an id.",
    "run": "Ask a model something here in the terminal.",
}


@click.group(cls=Lazy, package="azrun.cli.models", known=COMMANDS)
def models() -> None:
    """Say which models there are, pull them, and try them."""
