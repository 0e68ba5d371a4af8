"""`azrun models add`."""

from __future__ import annotations

from pathlib import Path

import click

from azrun.cli.options import config_option
from azrun.errors import AzrunError

FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("add")
@click.argument("path", type=FILE)
@click.option("--id", help="The id to ask for; the file's name without it.")
@click.option("--mmproj", type=FILE, help="The projector, for a model that sees.")
@config_option
def command(path: Path, id: str | None, mmproj: Path | None, config: Path) -> None:
    """Put a GGUF file of this machine behind an id.

    It is written into the project's azrun.toml; the file stays where it is.
    """
    from azrun.cli.models.place import find_place
    from azrun.config.edit import add_model, table
    from azrun.inference.gguf_file import check

    files = {"gguf": path} | ({"mmproj": mmproj} if mmproj else {})
    for file in files.values():
        check(file)
    place, id = find_place(config), id or path.stem
    if (found := place.entry(id)) is not None:
        raise AzrunError(
            f'azrun.toml has a table for it already: [models."{found[0]}"]',
            f"Take it away with `azrun models rm {found[0]}`, or choose another --id.",
        )
    if place.toml is None:
        values = {name: str(file.resolve()) for name, file in files.items()}
        raise AzrunError(
            "this is no project", f"In one, azrun.toml says:\n\n{table(id, values)}".rstrip()
        )
    folder = place.toml.parent.resolve()
    add_model(place.toml, id, {name: _written(file, folder) for name, file in files.items()})
    click.echo(f"{place.toml} says now that {path.name} answers for {id}.")


def _written(path: Path, folder: Path) -> str:
    """Relative to the project where it is inside, so that the project can move."""
    whole = path.resolve()
    return whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else str(whole)
