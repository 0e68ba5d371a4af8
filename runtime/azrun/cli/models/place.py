"""Where a command about models works: in a project, or outside of any."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import click

from azrun.config import load_config
from azrun.config.load import LOCAL
from azrun.config.models import ModelEntry, Models
from azrun.inference.catalogue import BY_ID, CatalogueModel
from azrun.inference.suggestions import SUGGESTIONS, Suggestion


@dataclass(frozen=True, slots=True)
class Place:
    """The models of a project; `toml` is its azrun.toml, None outside of a project."""

    models: Models = field(default_factory=Models)
    env: dict[str, str] = field(default_factory=dict)
    toml: Path | None = None

    def entry(self, id: str) -> tuple[str, ModelEntry] | None:
        """The table for a model, under this id or the catalogue's other one, with its name."""
        spec = BY_ID.get(id)
        names = (id, spec.id, spec.slug) if spec else (id,)
        entries = self.models.entries
        return next(((name, entries[name]) for name in names if name in entries), None)


def find_place(config: Path) -> Place:
    """The project of the --config option; outside of one only where none was asked for."""
    source = click.get_current_context().get_parameter_source("config")
    if source is not click.core.ParameterSource.COMMANDLINE and not config.exists():
        return Place()
    loaded = load_config(config)
    return Place(loaded.local.models, loaded.env, loaded.folder / LOCAL)


def suggestion(id: str) -> Suggestion | None:
    spec: CatalogueModel | None = BY_ID.get(id)
    return SUGGESTIONS.get(spec.id) if spec else None
