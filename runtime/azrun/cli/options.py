"""Options that several commands have."""

from __future__ import annotations

from pathlib import Path

import click

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    default=Path("azion.config.json"),
    show_default=True,
    help="The project's azion.config.json, or its folder.",
)
host_option = click.option("--host", help="Where to listen; azrun.toml's or 127.0.0.1.")
port_option = click.option(
    "--port", type=click.IntRange(0, 65535), help="azrun.toml's or 3333; 0 takes any free one."
)
