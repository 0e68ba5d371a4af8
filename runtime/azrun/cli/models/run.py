"""`azrun models run`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from azrun.cli.options import config_option
from azrun.errors import AzrunError


@click.command("run")
@click.argument("id")
@click.argument("prompt")
@click.option(
    "--image",
    "images",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="An image to go before the prompt; several times for several.",
)
@config_option
def command(id: str, prompt: str, images: tuple[Path, ...], config: Path) -> None:
    """Ask a model something here in the terminal.

    A chat model's answer is printed as it comes. Of an embedding the length and its first
    numbers are printed. A reranker takes PROMPT as the query and one document a line from stdin.
    PROMPT - is stdin. Ctrl+C stops.
    """
    from azrun.cli.models.ask import ask
    from azrun.cli.models.place import find_place
    from azrun.inference.registry import Registry
    from azrun.observe.console import Console

    place = find_place(config)
    notice = Console(requests=sys.stderr).notice
    registry = Registry.from_config(place.models, place.env, notice)
    text = sys.stdin.read() if prompt == "-" else prompt
    if not text.strip():
        raise AzrunError("the prompt is empty", "Write one, or pipe it in with -.")
    try:
        asyncio.run(ask(registry, id, text, images))
    except KeyboardInterrupt:
        click.echo()
        raise click.exceptions.Exit(130) from None
