"""`azrun serve`."""

from __future__ import annotations

from pathlib import Path

import click

from azrun.cli.options import config_option, host_option, port_option

STOP = "Ctrl+C or SIGTERM stops, once requests under way have ended."


@click.command()
@config_option
@host_option
@port_option
def serve(config: Path, host: str | None, port: int | None) -> None:
    """Serve the project for real: no reload, no error detail for clients.

    SIGTERM (or Ctrl+C) lets requests under way end, for up to `drain_seconds` under [server] in
    azrun.toml.
    """
    from azrun.app import Project
    from azrun.cli.server import launch
    from azrun.edge.errors import plain_error
    from azrun.observe.console import Console

    console = Console(clock="%Y-%m-%dT%H:%M:%S%z")
    launch(config, host, port, lambda loaded: Project(loaded, console, plain_error), STOP)
