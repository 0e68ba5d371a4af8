"""What stands behind each model id."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from azrun.config.models import Models
from azrun.inference import memory
from azrun.inference.advice import Advice
from azrun.inference.backend import Backend
from azrun.inference.catalogue import BY_ID, CATALOGUE, CatalogueModel
from azrun.inference.embedded import KINDS, StandIn, stand_ins
from azrun.inference.errors import InferenceError, ModelLoadError, ModelNotFound
from azrun.inference.lifecycle import Load, Resident
from azrun.inference.local import LlamaBackend
from azrun.inference.remote import Endpoint, RemoteBackend
from azrun.inference.room import Room
from azrun.inference.sources import KEEP_ALIVE, Source, of_entry, of_files, of_stand_in
from azrun.inference.types import BackendStats, Doubt, Kind, ModelSettings

Advise = Callable[[Sequence[Doubt]], None]


@dataclass(frozen=True, slots=True)
class Model:
    """A model id and what answers for it.

    `spec` is the catalogue's word on the id, None for an id of the user's own; `answered` names
    what really runs, for logs and headers; `advise` hears what a stand-in doubts of itself.
    """

    id: str
    spec: CatalogueModel | None
    backend: Backend
    answered: str
    stand_in: bool
    advise: Advise = lambda _: None


@dataclass(frozen=True, slots=True)
class Row:
    """One model id for a person to read. `behind` is None where nothing answers for it;
    `size` is in bytes; `state` is `not loaded`, `not pulled`, `loading`, `ready`, `failed` (the
    last load went wrong) or `nothing`."""

    id: str
    slug: str | None
    kind: Kind | None
    behind: str | None
    size: int
    stand_in: bool
    state: str


class Registry:
    """Resolves model ids. One backend serves all ids of the same files and settings; it is
    loaded with its first request, or at the start where its source says `preload`.

    `budget` is what all loaded models may take, in bytes; `notice` hears of models that could
    not be loaded at the start, and of requests that want more than a stand-in. `keep_alive`: the
    seconds that a stand-in stays loaded without work.
    """

    def __init__(
        self,
        configured: Mapping[str, Source | ModelSettings],
        stand_ins: Mapping[Kind, StandIn],
        budget: int | None = None,
        notice: Callable[[str], None] = lambda _: None,
        keep_alive: float = KEEP_ALIVE,
    ) -> None:
        self._configured = {
            id: of_files(one) if isinstance(one, ModelSettings) else one
            for id, one in configured.items()
        }
        self._stand_ins = {kind: of_stand_in(one, keep_alive) for kind, one in stand_ins.items()}
        self._notice, self._advice = notice, Advice(notice)
        self._room = Room(budget)
        self._residents: dict[ModelSettings | Endpoint, Resident] = {}
        for id, source in (*self._configured.items(), *self._stand_ins.items()):
            self._add(id, source)
        self._preloads: list[asyncio.Task[None]] = []

    @classmethod
    def from_config(
        cls,
        models: Models,
        env: Mapping[str, str] | None = None,
        notice: Callable[[str], None] = lambda _: None,
    ) -> Registry:
        """`env` is `.env`, where keys for endpoints may be. Raises ConfigError."""
        configured = {
            id: of_entry(id, entry, models, env or {}) for id, entry in models.entries.items()
        }
        budget = models.memory_mb * 2**20 if models.memory_mb else None
        there = stand_ins() if models.stand_ins else {}
        return cls(configured, there, budget, notice, models.keep_alive_seconds)

    def resolve(self, id: str) -> Model:
        """What answers for a model id; ModelNotFound says what to do where nothing does."""
        spec = BY_ID.get(id)
        source = self._source(id, spec)
        if source is None:
            raise self._missing(id, spec)
        return self._model(id, spec, source)

    def for_text(self, model: Model) -> Model:
        """The same for a request without images: a stand-in that only reads images leaves that
        to the one that chats."""
        chats = self._stand_ins.get(Kind.CHAT)
        reads = self._stand_ins.get(Kind.VISION)
        if chats is None or reads is None or model.backend is not self._residents[reads.what]:
            return model
        return self._model(model.id, model.spec, chats)

    def _model(self, id: str, spec: CatalogueModel | None, source: Source) -> Model:
        resident = self._residents[source.what]
        if not source.stand_in:
            return Model(id, spec, resident, source.answered, False)
        advise = partial(self._advice.give, id, source.answered)
        return Model(id, spec, resident, source.answered, True, advise)

    async def start(self) -> None:
        """Check everything that is configured, and begin to load what is to be preloaded.

        ModelLoadError names the id, the file and the reason. Files that are still to be pulled
        are no error, unless they are to be preloaded. Loads go on after the start: `loading`
        tells of them.
        """
        for id, source in self._configured.items():
            if source.is_here or source.preload:
                _check(id, source)
        for id, source in self._configured.items():
            if source.preload:
                task = asyncio.create_task(self._preload(id, source), name=f"preload {id}")
                self._preloads.append(task)
        await asyncio.sleep(0)  # each has begun, and `loading` knows of it

    async def close(self) -> None:
        for task in self._preloads:
            task.cancel()
        if self._preloads:
            await asyncio.wait(self._preloads)
        for resident in self._residents.values():
            await resident.close()

    @property
    def loading(self) -> list[Load]:
        """The loads under way."""
        loads = (resident.load_under_way for resident in self._residents.values())
        return [load for load in loads if load is not None]

    @property
    def stats(self) -> dict[str, BackendStats]:
        """Each backend, by the name of what it answers with."""
        return {one.name: one.stats for one in self._residents.values()}

    def describe(self) -> list[Row]:
        """The catalogue's ids, then the user's own."""
        own = [id for id in self._configured if id not in BY_ID]
        return [self._row(spec.id, spec) for spec in CATALOGUE] + [
            self._row(id, None) for id in own
        ]

    def _add(self, id: str, source: Source) -> None:
        """Several ids may have one backend: it stays as long as the most patient wants."""
        what = source.what
        if (there := self._residents.get(what)) is not None:
            there.keep_alive = max(there.keep_alive, source.keep_alive)
            return

        def check() -> None:
            _check(id, source)

        if isinstance(what, Endpoint):
            resident = Resident(source.answered, RemoteBackend(what), self._room, check)
        else:
            resident = Resident(
                source.answered,
                LlamaBackend(what),
                self._room,
                check,
                partial(memory.estimated_size, what),
                source.keep_alive,
                spills=what.n_gpu_layers != 0 and memory.has_gpu(),
            )
        self._residents[what] = resident

    async def _preload(self, id: str, source: Source) -> None:
        try:
            await self._residents[source.what].load()
        except InferenceError as error:
            failed = _of(id, error)
            self._notice(f"{failed.message}. {failed.hint}".rstrip())

    def _source(self, id: str, spec: CatalogueModel | None) -> Source | None:
        """Configured under the id itself, or under the catalogue's other id for it; else a
        stand-in of its kind."""
        names = (id, spec.id, spec.slug) if spec else (id,)
        given = (self._configured[name] for name in names if name in self._configured)
        return next(given, self._stand_ins.get(spec.kind) if spec else None)

    def _row(self, id: str, spec: CatalogueModel | None) -> Row:
        slug, kind = (spec.slug, spec.kind) if spec else (None, None)
        source = self._source(id, spec)
        if source is None:
            return Row(id, slug, kind, None, 0, False, "nothing")
        state = self._residents[source.what].state if source.is_here else "not pulled"
        return Row(id, slug, kind, source.behind, _size(source), source.stand_in, state)

    def _missing(self, id: str, spec: CatalogueModel | None) -> ModelNotFound:
        table = f'[models."{id}"] with gguf = "path/to/model.gguf" (or a repo, or an endpoint)'
        if spec is not None:
            return ModelNotFound(
                f"{id} is in Azion's catalogue, but nothing stands behind it here",
                f"Put {table} into azrun.toml.",
            )
        same = [name for name in (*BY_ID, *self._configured) if name.lower() == id.lower()]
        if same:
            return ModelNotFound(id, f"Ids are case-sensitive: write {same[0]}.")
        if (kind := KINDS.get(id)) is not None:
            first = next(spec.id for spec in BY_ID.values() if spec.kind == kind)
            return ModelNotFound(id, f"It is a stand-in: ask for {first}, which it answers for.")
        return ModelNotFound(
            id, f"Ask for a model of Azion's catalogue, or put {table} into azrun.toml."
        )


def _check(id: str, source: Source) -> None:
    try:
        source.check(id)
    except ModelLoadError as error:
        raise _of(id, error) from error


def _of(id: str, error: InferenceError) -> ModelLoadError:
    start = f"the model {id} cannot be loaded: "
    return ModelLoadError(f"{start}{error.message.removeprefix(start)}", error.hint)


def _size(source: Source) -> int:
    what = source.what
    if isinstance(what, Endpoint):
        return 0
    return sum(memory.file_size(path) for path in (what.gguf, what.mmproj) if path is not None)
