"""`azrun serve`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from azrun.cli.options import config_option, host_option, port_option


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
    from azrun.cli.banner import banner
    from azrun.cli.server import bind, run, url_of
    from azrun.config import load_config
    from azrun.edge.errors import plain_error
    from azrun.observe.console import Console

    began = time.perf_counter()
    loaded = load_config(config)
    server = loaded.local.server
    sock = bind(host or server.host, server.port if port is None else port)
    project = Project(loaded, Console(clock="%Y-%m-%dT%H:%M:%S%z"), plain_error)
    stop = "Ctrl+C or SIGTERM stops, once requests under way have ended."
    run(project, sock, lambda: banner(project, url_of(sock), time.perf_counter() - began, stop))
