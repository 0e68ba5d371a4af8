"""`azrun dev`."""

from __future__ import annotations

from pathlib import Path

import click

from azrun.cli.options import config_option, host_option, port_option

STOP = "A function is reloaded when you save it. Ctrl+C stops."


@click.command()
@config_option
@host_option
@port_option
def dev(config: Path, host: str | None, port: int | None) -> None:
    """Serve the project here, and reload functions as you save them.

    An error in a function is shown in the terminal, and as a page in a browser.
    """
    from azrun.cli.server import launch
    from azrun.dev.project import DevProject
    from azrun.observe.console import Console

    launch(config, host, port, lambda loaded: DevProject(loaded, Console()), STOP)
