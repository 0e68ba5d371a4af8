"""`azrun models show`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from azrun.cli.options import config_option

if TYPE_CHECKING:
    from azrun.cli.models.place import Place
    from azrun.inference.catalogue import CatalogueModel
    from azrun.inference.registry import Row
    from azrun.inference.suggestions import Suggestion

Line = tuple[str, str]
WIDTH = 12
KINDS = {
    "chat": "chat: text in, text out",
    "vision": "vision: text and images in, text out",
    "embedding": "embedding: text in, vectors out",
    "rerank": "rerank: a query and documents in, scores out",
}


@click.command("show")
@click.argument("id")
@config_option
def command(id: str, config: Path) -> None:
    """Say everything about one model.

    What it can do on Azion, its two ids, what answers for it here, and which files would.
    """
    from azrun.cli.models.place import find_place, suggestion
    from azrun.inference.catalogue import BY_ID

    place, spec = find_place(config), BY_ID.get(id)
    row = _row(place, id)
    suggested = suggestion(id)
    click.secho(spec.id if spec else id, bold=True)
    for name, text in (*_about(spec), *_here(row), *_suggested(id, suggested, row)):
        click.echo(f"  {click.style(name.ljust(WIDTH), dim=True)}{text}")


def _row(place: Place, id: str) -> Row:
    """Raises ModelNotFound for an id that nobody knows."""
    from azrun.inference.catalogue import BY_ID
    from azrun.inference.registry import Registry

    registry = Registry.from_config(place.models, place.env)
    known = BY_ID[id].id if id in BY_ID else id
    found = next((row for row in registry.describe() if row.id == known), None)
    if found is None:
        registry.resolve(id)
        raise AssertionError(id)
    return found


def _about(spec: CatalogueModel | None) -> Iterator[Line]:
    if spec is None:
        yield "", "not of Azion's catalogue: your own"
        return
    if spec.slug != spec.id:
        yield "also", spec.slug
    yield "kind", KINDS[spec.kind]
    yield "context", f"{spec.context:,} tokens"
    if spec.kind in ("chat", "vision"):
        yield "tools", "yes" if spec.tools else "no: a request with tools is refused"
        yield "images", "yes" if spec.images else "no: a request with an image is refused"
        if not spec.parts:
            yield "content", "a string: an array of parts is refused"
    if spec.dimensions:
        yield "dimensions", ", ".join(map(str, spec.dimensions))


def _here(row: Row) -> Iterator[Line]:
    from azrun.cli.models.rows import STYLES, behind, state

    yield "answers", behind(row)
    if row.behind is not None:
        yield "state", click.style(state(row), fg=STYLES.get(state(row)))


def _suggested(id: str, suggested: Suggestion | None, row: Row) -> Iterator[Line]:
    from azrun.observe.units import size

    if suggested is not None:
        for number, file in enumerate(suggested.source.files):
            yield "" if number else "suggestion", f"{suggested.source.repo}/{file}"
        needs = f"about {size(suggested.download)} to download, {size(suggested.memory)} of memory"
        yield "", f"{needs} ({_machine()})"
    if row.state == "not pulled" or (suggested and (row.stand_in or row.behind is None)):
        yield "to have it", f"azrun models pull {id}"


def _machine() -> str:
    import shutil

    from azrun.inference import memory
    from azrun.inference.store import Store
    from azrun.observe.units import size

    root = Store().root
    folder = next(path for path in (root, *root.absolute().parents) if path.is_dir())
    return f"here: {size(shutil.disk_usage(folder).free)} free, {size(memory.total())} of memory"
