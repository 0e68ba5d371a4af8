"""`azrun dev`."""

from __future__ import annotations

import time
from pathlib import Path

import click

from azrun.cli.options import config_option, host_option, port_option


@click.command()
@config_option
@host_option
@port_option
def dev(config: Path, host: str | None, port: int | None) -> None:
    """Serve the project here, and reload functions as you save them.

    An error in a function is shown in the terminal, and as a page in a browser.
    """
    from azrun.cli.banner import banner
    from azrun.cli.server import bind, run, url_of
    from azrun.config import load_config
    from azrun.dev.project import DevProject
    from azrun.observe.console import Console

    began = time.perf_counter()
    loaded = load_config(config)
    server = loaded.local.server
    sock = bind(host or server.host, server.port if port is None else port)
    project = DevProject(loaded, Console())
    stop = "A function is reloaded when you save it. Ctrl+C stops."
    run(project, sock, lambda: banner(project, url_of(sock), time.perf_counter() - began, stop))
