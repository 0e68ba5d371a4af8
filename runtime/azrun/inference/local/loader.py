"""Starting a worker and waiting until it has its model."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from azrun.inference.errors import ModelLoadError
from azrun.inference.local.process import WorkerProcess
from azrun.inference.protocol import Event, Load, Loaded, LoadFailed, Loading
from azrun.inference.types import ModelInfo, ModelSettings

PATIENCE = 600.0  # seconds without a word from a worker that loads: a disk may be far away


class Loader:
    """Loads one model, as often as it is asked to. `progress` is how far the last load is, 0 to
    1; `loads` have come to a good end and taken `seconds` in all."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self.progress = self.seconds = 0.0
        self.loads = 0

    async def load(self) -> tuple[WorkerProcess, ModelInfo]:
        """A worker that is ready. ModelLoadError says why there is none."""
        began = time.monotonic()
        process = await WorkerProcess.start()
        try:
            info = await self._answer(process)
        except BaseException:
            await process.stop()
            raise
        self.loads += 1
        self.seconds += time.monotonic() - began
        return process, info

    async def _answer(self, process: WorkerProcess) -> ModelInfo:
        self.progress = 0.0
        process.send(Load(self._settings))
        events = process.events()
        event: Event | None
        while isinstance(event := await self._next(events), Loading):
            self.progress = event.fraction
        if isinstance(event, LoadFailed):
            raise ModelLoadError(event.reason, "Check the file, or get it again.")
        if not isinstance(event, Loaded):
            raise ModelLoadError(
                f"{self._files}: the worker died while loading it ({await process.ended()})",
                "Check the file, or get it again.",
            )
        return event.info

    @property
    def _files(self) -> str:
        gguf, mmproj = self._settings.gguf, self._settings.mmproj
        return str(gguf) if mmproj is None else f"{gguf} with {mmproj}"

    async def _next(self, events: AsyncIterator[Event]) -> Event | None:
        try:
            async with asyncio.timeout(PATIENCE):
                return await anext(events, None)
        except TimeoutError:
            raise ModelLoadError(
                f"{self._files}: loading it stood still for {PATIENCE:g} seconds",
                "Check the disk that it is on, and the memory that is free.",
            ) from None
