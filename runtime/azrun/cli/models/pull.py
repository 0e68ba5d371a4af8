"""`azrun models pull`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from azrun.cli.options import config_option
from azrun.errors import AzrunError

if TYPE_CHECKING:
    from azrun.cli.models.place import Place
    from azrun.inference.hub import HubError
    from azrun.inference.store import Source


@click.command("pull")
@click.argument("id")
@config_option
def command(id: str, config: Path) -> None:
    """Download a model, and put it behind its id.

    Which files: what azrun.toml says for the id, else what `azrun models show ID` suggests,
    which is then written into azrun.toml. A download that was stopped goes on where it was.
    HF_ENDPOINT names another hub than huggingface.co, HF_TOKEN is sent to it, AZRUN_MODELS is
    where models are kept.
    """
    from azrun.cli.models.place import find_place

    place = find_place(config)
    source, written = _wanted(place, id)
    _download(id, source)
    if written:
        return
    _write(place, id, source)


def _wanted(place: Place, id: str) -> tuple[Source, bool]:
    """Which files, and whether azrun.toml says so already."""
    from azrun.cli.models.place import suggestion
    from azrun.inference.sources import repository

    if (found := place.entry(id)) is not None:
        name, entry = found
        if (source := repository(entry)) is None:
            raise AzrunError(
                f'[models."{name}"] of azrun.toml names no repository to pull from',
                f"Take it away with `azrun models rm {name}`, or write repo and file into it.",
            )
        return source, True
    if (suggested := suggestion(id)) is None:
        raise AzrunError(
            f"{id} is not of Azion's catalogue, and azrun.toml says nothing of it",
            f'Put [models."{id}"] with repo = "OWNER/NAME" and file = "NAME.gguf" there.',
        )
    return suggested.source, False


def _download(id: str, source: Source) -> None:
    from azrun.cli.models.progress import Progress
    from azrun.inference.hub import HubError, pull
    from azrun.inference.store import Store

    progress = Progress()
    try:
        paths = pull(source, Store(), progress)
    except HubError as error:
        raise HubError(error.message, f"{error.hint}{_other(id, error)}") from error
    except KeyboardInterrupt:
        progress.end()
        click.echo(f"Stopped; `azrun models pull {id}` goes on from here.", err=True)
        raise click.exceptions.Exit(130) from None
    finally:
        progress.end()
    for path in paths:
        click.echo(path)


def _other(id: str, error: HubError) -> str:
    """Where the files of a repository are told: how to choose one of them."""
    if not error.hint.startswith("It has"):
        return ""
    return f' Write the one that you want into azrun.toml: [models."{id}"] with repo = and file =.'


def _write(place: Place, id: str, source: Source) -> None:
    from azrun.config.edit import add_model, table

    values = {"repo": source.repo, "file": source.file}
    if source.mmproj is not None:
        values["mmproj"] = source.mmproj
    if place.toml is None:
        click.echo(
            f"\nThis is no project. In one, azrun.toml says:\n\n{table(id, values)}", nl=False
        )
        return
    add_model(place.toml, id, values)
    click.echo(f"{place.toml} says now that it answers for {id}.")
