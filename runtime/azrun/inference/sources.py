"""What stands behind a model id: files for llama.cpp, or an endpoint elsewhere."""

from __future__ import annotations

import math
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from azrun.config.models import ENGINE, ModelEntry, Models
from azrun.errors import ConfigError
from azrun.inference.embedded import StandIn, embedded
from azrun.inference.errors import ModelLoadError
from azrun.inference.gguf_file import check
from azrun.inference.remote import Endpoint
from azrun.inference.store import Source as Repository
from azrun.inference.store import Store
from azrun.inference.types import ModelSettings

KEEP_ALIVE = 300.0


@dataclass(frozen=True, slots=True)
class Source:
    """What answers for an id, and when it is loaded and unloaded.

    `answered` names it for logs and headers, `behind` in full for a person to read. `pulled` is
    where its files come from, if they were to be pulled; `keep_alive` is in seconds.
    """

    what: ModelSettings | Endpoint
    answered: str
    behind: str
    stand_in: bool = False
    pulled: Repository | None = None
    preload: bool = False
    keep_alive: float = KEEP_ALIVE

    @property
    def is_here(self) -> bool:
        """Whether its files have been pulled, if they were to be."""
        return self.pulled is None or Store().has(self.pulled)

    def check(self, id: str) -> None:
        """Raises ModelLoadError for what is wrong before anything is loaded."""
        if isinstance(self.what, Endpoint):
            self.what.check()
            return
        if not self.is_here:
            raise ModelLoadError(f"{self.behind} is not pulled", f"Run `azrun models pull {id}`.")
        for path in (self.what.gguf, self.what.mmproj, self.what.draft):
            if path is not None:
                check(path)


def of_files(settings: ModelSettings) -> Source:
    """A GGUF on this machine."""
    return Source(settings, settings.gguf.name, str(settings.gguf))


def of_stand_in(one: StandIn, keep_alive: float = KEEP_ALIVE) -> Source:
    """An embedded model."""
    return Source(one.settings, one.name, one.name, stand_in=True, keep_alive=keep_alive)


def of_entry(id: str, entry: ModelEntry, models: Models, env: Mapping[str, str]) -> Source:
    """What a table of `azrun.toml` says; `env` is `.env`, where the environment goes before it.

    Raises ConfigError for an embedded model that there is not.
    """
    found = _source(id, entry, env)
    endless = isinstance(found.what, Endpoint)
    keep_alive = math.inf if endless else models.keep_alive(entry)
    return replace(found, preload=models.preloads(entry), keep_alive=keep_alive)


def repository(entry: ModelEntry) -> Repository | None:
    """Which files an entry wants pulled, if any."""
    if entry.repo is None or entry.file is None:
        return None
    mmproj = str(entry.mmproj) if entry.mmproj else None
    return Repository(entry.repo, entry.file, mmproj, entry.revision)


def _source(id: str, entry: ModelEntry, env: Mapping[str, str]) -> Source:
    if entry.endpoint is not None:
        return _of_endpoint(entry.endpoint, entry.model or id, entry.api_key_env, env)
    if entry.stand_in is not None:
        found = _stand_in(id, entry.stand_in)
        own = _options(entry, entry.model_fields_set)
        return of_stand_in(replace(found, settings=replace(found.settings, **own)))
    options = _options(entry, ENGINE)
    if (wanted := repository(entry)) is not None:
        store = Store()
        settings = ModelSettings(store.gguf(wanted), store.mmproj(wanted), **options)
        name = f"{wanted.repo}/{wanted.file}"
        return Source(settings, settings.gguf.name, name, pulled=wanted)
    return of_files(ModelSettings(entry.gguf or Path(), entry.mmproj, **options))


def _of_endpoint(url: str, model: str, key_name: str | None, env: Mapping[str, str]) -> Source:
    key = (os.environ.get(key_name) or env.get(key_name)) if key_name else None
    return Source(Endpoint(url, model, key, key_name), model, f"{model} at {url}")


def _stand_in(id: str, name: str) -> StandIn:
    there = embedded()
    if name not in there:
        raise ConfigError(
            f'azrun.toml: [models."{id}"] names an embedded model {name!r} that there is not',
            f"Name one of these: {', '.join(there) or 'there are none'}.",
        )
    return there[name]


def _options(entry: ModelEntry, names: Collection[str]) -> dict[str, Any]:
    options = {name: getattr(entry, name) for name in ENGINE if name in names}
    if "prefix_cache_mb" in options:
        options["prefix_cache"] = options.pop("prefix_cache_mb") * 2**20
    return options
