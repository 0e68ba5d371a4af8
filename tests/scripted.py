"""Models that do what a test wrote down."""

from __future__ import annotations

import asyncio
from array import array
from collections.abc import AsyncGenerator, Iterable
from typing import Any

from azrun.inference.catalogue import BY_ID
from azrun.inference.errors import InferenceError, ModelNotFound
from azrun.inference.lifecycle import Load
from azrun.inference.registry import Model, Registry, Row
from azrun.inference.types import (
    BackendStats,
    Chunk,
    Embeddings,
    EmbedRequest,
    GenerateRequest,
    ModelInfo,
    RerankRequest,
    Scores,
    Usage,
)

ACCEPTED = Chunk(0, "", Usage(9, 0, 4))
HELLO = (
    ACCEPTED,
    Chunk(0, "Hel", Usage(9, 1, 4)),
    Chunk(0, "lo ☃", Usage(9, 2, 4)),
    Chunk(0, "", Usage(9, 3, 4), "stop"),
)

Step = Chunk | InferenceError | asyncio.Event


class Scripted:
    """Gives the chunks of its script, raises its errors, waits for its events."""

    def __init__(self, *script: Step) -> None:
        self.script: Iterable[Step] = script or HELLO
        self.asked: Any = None
        self.begun, self.closed = asyncio.Event(), asyncio.Event()
        self.stats = BackendStats("ready", slots=4, running=1, waiting=2, loads=3, deaths=1)

    async def load(self) -> ModelInfo:
        return ModelInfo("scripted", "none", 0, 0, 4096, True, True)

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
        self.asked = request
        self.begun.set()
        try:
            for step in self.script:
                if isinstance(step, InferenceError):
                    raise step
                if isinstance(step, asyncio.Event):
                    await step.wait()
                else:
                    yield step
        finally:
            self.closed.set()

    async def embed(self, request: EmbedRequest) -> Embeddings:
        self.asked = request
        vectors = tuple(array("f", [0.5, -0.5, 0.5, 0.5]) for _ in request.inputs)
        return Embeddings(vectors, Usage(3, 0))

    async def rerank(self, request: RerankRequest) -> Scores:
        self.asked = request
        return Scores(tuple(1 / (2 + n) for n in range(len(request.documents))), Usage(5, 0))

    async def unload(self) -> None:
        pass

    async def close(self) -> None:
        pass


class ScriptedModels(Registry):
    """Each id with its backend; a catalogue's id has the catalogue's gates."""

    def __init__(self, **backends: Scripted) -> None:
        self._by_id = dict(backends)
        self.state = "ready"
        self.loads: list[Load] = []

    def add(self, id: str, backend: Scripted) -> None:
        self._by_id[id] = backend

    def resolve(self, id: str) -> Model:
        if id not in self._by_id:
            raise ModelNotFound(id, "Name one that is there.")
        return Model(id, BY_ID.get(id), self._by_id[id], "scripted.gguf", id in BY_ID)

    def for_text(self, model: Model) -> Model:
        return model

    async def start(self) -> None:
        pass

    async def close(self) -> None:
        pass

    @property
    def loading(self) -> list[Load]:
        return self.loads

    @property
    def stats(self) -> dict[str, BackendStats]:
        return {"scripted.gguf": next(iter(self._by_id.values())).stats}

    def describe(self) -> list[Row]:
        return [
            Row(
                id=id,
                slug=BY_ID[id].slug if id in BY_ID else None,
                kind=BY_ID[id].kind if id in BY_ID else None,
                behind="scripted.gguf",
                size=0,
                stand_in=id in BY_ID,
                state=self.state,
            )
            for id in self._by_id
        ]
