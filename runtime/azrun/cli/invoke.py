"""`azrun invoke`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from azrun.cli.options import config_option


@click.command()
@click.argument("path")
@click.option("-X", "--request", "method", help="The method; GET, or POST where there is data.")
@click.option("-H", "--header", "headers", multiple=True, help="A header, as `name: value`.")
@click.option("-d", "--data", help="The body; @FILE takes it from a file, @- from stdin.")
@click.option("-i", "--include", is_flag=True, help="Print the response's head too.")
@config_option
def invoke(
    path: str,
    method: str | None,
    headers: tuple[str, ...],
    data: str | None,
    include: bool,
    config: Path,
) -> None:
    """Send one request through the project, without a server.

    PATH may have a query. The body goes to stdout as it comes, what the function says to stderr.
    The exit code is 0 where the response's status is 2xx, else 1. Without a content-type header
    of your own, a file's is guessed from its name, and JSON is recognised.
    """
    from azrun.app import Project, application
    from azrun.cli.request import Printer, make_request, send
    from azrun.config import load_config
    from azrun.dev.error_page import DevErrorPage
    from azrun.edge.rules import compile_rules
    from azrun.observe.console import Console

    request = make_request(path, method, headers, data)
    loaded = load_config(config)
    page = DevErrorPage(compile_rules(loaded.application))
    app = application(Project(loaded, Console(requests=sys.stderr), page))
    printer = Printer(include)
    whole = asyncio.run(send(app, request, printer))
    if not whole or not 200 <= printer.status < 300:
        raise click.exceptions.Exit(1)
