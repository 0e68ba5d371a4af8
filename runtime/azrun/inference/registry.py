"""What stands behind each model id."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from azrun.config.local import Models
from azrun.inference.backend import Backend
from azrun.inference.catalogue import BY_ID, CATALOGUE, CatalogueModel
from azrun.inference.embedded import StandIn, stand_ins
from azrun.inference.errors import InferenceError, ModelLoadError, ModelNotFound
from azrun.inference.gguf_file import check
from azrun.inference.llama import LlamaBackend
from azrun.inference.types import Kind, ModelSettings


@dataclass(frozen=True, slots=True)
class Model:
    """A model id and what answers for it.

    `spec` is the catalogue's word on the id, None for an id of the user's own; `answered` names
    what really runs, for logs and headers.
    """

    id: str
    spec: CatalogueModel | None
    backend: Backend
    answered: str
    stand_in: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One model id for a person to read. `behind` is None where nothing answers for it;
    `size` is in bytes; `state` is `not loaded`, `loading`, `ready` or `nothing`."""

    id: str
    slug: str | None
    kind: Kind | None
    behind: str | None
    size: int
    stand_in: bool
    state: str


class Registry:
    """Resolves model ids. One worker serves all ids of the same files and settings; it starts
    with its first request, or with `start`."""

    def __init__(
        self,
        configured: Mapping[str, ModelSettings],
        stand_ins: Mapping[Kind, StandIn],
        backend: Callable[[ModelSettings], LlamaBackend] = LlamaBackend,
    ) -> None:
        self._configured, self._stand_ins = dict(configured), dict(stand_ins)
        settings = {*self._configured.values(), *(s.settings for s in stand_ins.values())}
        self._backends = {one: backend(one) for one in settings}

    @classmethod
    def from_config(cls, models: Models) -> Registry:
        configured = {
            name: ModelSettings(
                entry.gguf, entry.mmproj, entry.context, entry.threads, entry.n_gpu_layers
            )
            for name, entry in models.entries.items()
        }
        return cls(configured, stand_ins() if models.stand_ins else {})

    def resolve(self, id: str) -> Model:
        """What answers for a model id; ModelNotFound says what to do where nothing does."""
        spec = BY_ID.get(id)
        settings = self._settings(id, spec)
        if settings is not None:
            return Model(id, spec, self._backends[settings], settings.gguf.name, False)
        if spec is not None and (standing := self._stand_ins.get(spec.kind)):
            return Model(id, spec, self._backends[standing.settings], standing.name, True)
        raise self._missing(id, spec)

    async def start(self) -> None:
        """Load every configured model. ModelLoadError names the id, the file and the reason."""
        for id, settings in self._configured.items():
            try:
                check(settings.gguf)
                if settings.mmproj is not None:
                    check(settings.mmproj)
            except ModelLoadError as error:
                raise _of(id, error) from error
        for id, settings in self._configured.items():
            try:
                await self._backends[settings].load()
            except InferenceError as error:
                raise _of(id, error) from error

    async def close(self) -> None:
        for backend in self._backends.values():
            await backend.close()

    def describe(self) -> list[Row]:
        """The catalogue's ids, then the user's own."""
        own = [id for id in self._configured if id not in BY_ID]
        return [self._row(spec.id, spec) for spec in CATALOGUE] + [
            self._row(id, None) for id in own
        ]

    def _settings(self, id: str, spec: CatalogueModel | None) -> ModelSettings | None:
        """Configured under the id itself, or under the catalogue's other id for it."""
        names = (id, spec.id, spec.slug) if spec else (id,)
        return next((self._configured[name] for name in names if name in self._configured), None)

    def _row(self, id: str, spec: CatalogueModel | None) -> Row:
        slug, kind = (spec.slug, spec.kind) if spec else (None, None)
        settings = self._settings(id, spec)
        standing = self._stand_ins.get(spec.kind) if spec and not settings else None
        if standing:
            settings = standing.settings
        if settings is None:
            return Row(id, slug, kind, None, 0, False, "nothing")
        behind = standing.name if standing else str(settings.gguf)
        state = self._backends[settings].state
        return Row(id, slug, kind, behind, _size(settings), standing is not None, state)

    def _missing(self, id: str, spec: CatalogueModel | None) -> ModelNotFound:
        table = f'[models."{id}"] with gguf = "path/to/model.gguf"'
        if spec is not None:
            later = spec.kind in (Kind.EMBEDDING, Kind.RERANK)
            return ModelNotFound(
                f"{id} is in Azion's catalogue, but nothing stands behind it here",
                f"This version of azrun does not run {spec.kind} models yet: mock this call."
                if later
                else f"Put {table} into azrun.toml.",
            )
        same = [name for name in (*BY_ID, *self._configured) if name.lower() == id.lower()]
        if same:
            return ModelNotFound(id, f"Ids are case-sensitive: write {same[0]}.")
        return ModelNotFound(
            id, f"Ask for a model of Azion's catalogue, or put {table} into azrun.toml."
        )


def _of(id: str, error: InferenceError) -> ModelLoadError:
    return ModelLoadError(f"the model {id} cannot be loaded: {error.message}", error.hint)


def _size(settings: ModelSettings) -> int:
    files = (settings.gguf, settings.mmproj)
    return sum(file.stat().st_size for file in files if file is not None and file.is_file())
