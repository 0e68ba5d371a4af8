"""`azrun models rm`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from azrun.cli.options import config_option
from azrun.errors import AzrunError

if TYPE_CHECKING:
    from azrun.cli.models.place import Place
    from azrun.inference.store import Source


@click.command("rm")
@click.argument("id")
@click.option("--files", is_flag=True, help="Delete the pulled files too, without asking.")
@config_option
def command(id: str, files: bool, config: Path) -> None:
    """Take away what stands behind an id.

    Its table in azrun.toml goes, and the pulled files where you agree; a GGUF of your own is
    never deleted.
    """
    from azrun.cli.models.place import find_place
    from azrun.inference.store import Store

    place, store = find_place(config), Store()
    found = place.entry(id)
    source = _pulled(place, id)
    there = store.size(source) if source else 0
    if found is None and not there:
        raise AzrunError(
            f"nothing was put behind {id} here", "Say `azrun models list` to see what is."
        )
    if found is not None and place.toml is not None:
        from azrun.config.edit import remove_model

        remove_model(place.toml, found[0])
        click.echo(f'{place.toml} has no [models."{found[0]}"] any more.')
    if source and there:
        user = _other_user(place, source, found[0] if found else id)
        if user is not None:
            click.echo(f"Its files stay: {user} uses them too.")
        else:
            _delete(source, files)


def _pulled(place: Place, id: str) -> Source | None:
    """The files of the store that belong to the id."""
    from azrun.cli.models.place import suggestion
    from azrun.inference.sources import repository

    if (found := place.entry(id)) is not None:
        return repository(found[1])
    suggested = suggestion(id)
    return suggested.source if suggested else None


def _other_user(place: Place, source: Source, id: str) -> str | None:
    """Another id that needs one of the files."""
    from azrun.inference.sources import repository

    for name, entry in place.models.entries.items():
        other = repository(entry) if name != id else None
        same = other and (other.repo, other.revision) == (source.repo, source.revision)
        if other and same and set(other.files) & set(source.files):
            return name
    return None


def _delete(source: Source, agreed: bool) -> None:
    from azrun.inference.store import Store
    from azrun.observe.units import size

    store = Store()
    there, folder = size(store.size(source)), store.gguf(source).parent
    if not agreed and sys.stdin.isatty():
        agreed = click.confirm(f"Delete its files too ({there} in {folder})?")
    if agreed:
        click.echo(f"{size(store.remove(source))} are free again.")
    else:
        click.echo(f"Its files stay ({there} in {folder}); --files deletes them.")
