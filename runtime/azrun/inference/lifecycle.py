"""When models are loaded, and when they give their memory back."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from azrun.inference.backend import Backend
from azrun.inference.errors import InferenceError, WorkerDied
from azrun.inference.types import (
    BackendStats,
    Chunk,
    Embeddings,
    EmbedRequest,
    GenerateRequest,
    ModelInfo,
    RerankRequest,
    Scores,
)

if TYPE_CHECKING:
    from azrun.inference.room import Room


@dataclass(frozen=True, slots=True)
class Load:
    """A load under way: of what, for how many seconds so far, and how far it is (0 to 1; None
    where nobody knows)."""

    name: str
    seconds: float
    fraction: float | None


class Resident:
    """A backend that is loaded when it is asked something, and unloaded when it has been idle
    for `keep_alive` seconds, or when another model needs its memory. In use, it stays.

    It is a Backend itself. `check` raises ModelLoadError for what cannot be loaded; `measure`
    tells what it takes when it is loaded, in bytes; `spills`: it may lie in a GPU's memory, so
    that the machine's says nothing.
    """

    def __init__(
        self,
        name: str,
        inner: Backend,
        room: Room,
        check: Callable[[], None] = lambda: None,
        measure: Callable[[], int] = lambda: 0,
        keep_alive: float = math.inf,
        spills: bool = False,
    ) -> None:
        self.name, self.inner = name, inner
        self.measure, self.keep_alive, self.spills = measure, keep_alive, spills
        self.size = self.users = 0
        self.last_used = 0.0
        self.failure: InferenceError | None = None
        self._room, self._check = room, check
        self._info: ModelInfo | None = None
        self._began: float | None = None
        self._loading: asyncio.Task[ModelInfo] | None = None
        self._leaving: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False
        room.residents.append(self)

    @property
    def state(self) -> str:
        """`not loaded`, `loading`, `ready`, or `failed`: the last load went wrong."""
        if self._loading is not None:
            return "loading"
        state = self.inner.stats.state
        return "failed" if state == "not loaded" and self.failure is not None else state

    @property
    def stats(self) -> BackendStats:
        return self.inner.stats

    @property
    def loaded(self) -> bool:
        """Whether it has memory."""
        return self.inner.stats.state == "ready"

    @property
    def load_under_way(self) -> Load | None:
        if self._began is None:
            return None
        fraction = getattr(self.inner, "progress", None)
        return Load(self.name, time.monotonic() - self._began, fraction)

    async def load(self) -> ModelInfo:
        async with self._used() as info:
            return info

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
        async with self._used(), aclosing(self.inner.generate(request)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def embed(self, request: EmbedRequest) -> Embeddings:
        async with self._used():
            return await self.inner.embed(request)

    async def rerank(self, request: RerankRequest) -> Scores:
        async with self._used():
            return await self.inner.rerank(request)

    async def unload(self) -> None:
        """Give the memory back, unless it is in use."""
        if self.users or self._loading is not None:
            return
        if self._leaving is None:
            self._leaving = asyncio.create_task(self._leave(), name=f"unload {self.name}")
        await asyncio.shield(self._leaving)

    async def close(self) -> None:
        self._closed = True
        self._stop_timer()
        for task in (self._loading, self._leaving):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        await self.inner.close()

    @asynccontextmanager
    async def _used(self) -> AsyncIterator[ModelInfo]:
        self.users += 1
        self._stop_timer()
        try:
            yield await self._ready()
        finally:
            self.users -= 1
            self._rest()

    async def _ready(self) -> ModelInfo:
        while self._leaving is not None:
            await asyncio.wait([self._leaving])
        if self._closed:
            raise WorkerDied("azrun is shutting down")
        if self._info is not None and self.inner.stats.state == "ready":
            return self._info
        if self._loading is None:
            self._began = time.monotonic()
            self._loading = asyncio.create_task(self._load(), name=f"load {self.name}")
            self._loading.add_done_callback(self._ended)
        loading = self._loading
        try:
            return await asyncio.shield(loading)
        except asyncio.CancelledError:
            if loading.cancelled():  # not by whoever waits here
                raise WorkerDied("azrun is shutting down") from None
            raise

    async def _load(self) -> ModelInfo:
        self._check()
        async with self._room.for_one(self):
            return await self.inner.load()

    def _ended(self, task: asyncio.Task[ModelInfo]) -> None:
        self._loading = self._began = None
        if not task.cancelled():
            error = task.exception()
            self.failure = error if isinstance(error, InferenceError) else None
            self._info = task.result() if error is None else None
        self._rest()

    async def _leave(self) -> None:
        try:
            await self.inner.unload()
        finally:
            self._leaving = self._info = None

    def _rest(self) -> None:
        """Nobody uses it any more: from now on it is idle."""
        self.last_used = time.monotonic()
        if self.users or self._loading is not None or self._closed:
            return
        if not math.isfinite(self.keep_alive):
            return
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(self.keep_alive, self._expire)

    def _expire(self) -> None:
        if self.loaded and not self.users and self._leaving is None:
            self._leaving = asyncio.create_task(self._leave(), name=f"unload {self.name}")

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
