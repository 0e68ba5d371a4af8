"""Reload: a function whose files have changed is loaded again, and no other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path

from watchfiles import awatch

from azrun.config import Config
from azrun.config.load import LOCAL, MANIFEST
from azrun.dev.sources import Sources
from azrun.edge.functions import Functions, ServedFunction
from azrun.observe.record import Observer
from azrun.observe.units import duration

STEP_MS = 10  # between two looks at what the system has reported of functions
SLOW_STEP_MS = 100  # and of the project's own files
DEBOUNCE_MS = 50
SETTLE_SECONDS = 0.05
PATIENCE_SECONDS = 0.25  # how long a request waits for a version that is being loaded


class Reloader:
    """Notices changed files twice: when the system reports them, and when a request comes in.

    The second makes a save visible to the very next request; the first shows its errors
    without one.
    """

    def __init__(self, config: Config, functions: Functions, observer: Observer) -> None:
        self._config, self._observer = config, observer
        mains = frozenset(function.path for function in functions)
        self._sources = {
            function: _sources(function, config.folder, mains) for function in functions
        }
        self._reloads: dict[ServedFunction, asyncio.Task[None]] = {}
        self._began: dict[ServedFunction, float] = {}
        for sources in self._sources.values():
            sources.take()

    async def fresh(self, function: ServedFunction) -> None:
        """Returns when the function serves its files as they are now.

        Where a version serves and the next takes long to load, it returns before: the old one
        serves until the new one is ready.
        """
        reload = self._reloads.get(function)
        if reload is None:
            if not self._sources[function].changed():
                return
            reload = self._begin(function)
        serves = function.pool is not None and function.error is None
        left = PATIENCE_SECONDS - (time.monotonic() - self._began[function])
        await asyncio.wait([reload], timeout=max(left, 0) if serves else None)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        """Follows the file system while the context is open."""
        folders = {s.folder for s in self._sources.values() if s.folder is not None}
        tasks = [
            asyncio.create_task(self._watch(folders, STEP_MS, recursive=True)),
            asyncio.create_task(self._watch({self._config.folder}, SLOW_STEP_MS, recursive=False)),
        ]
        await asyncio.sleep(0)  # they watch from their first step on
        for function, sources in self._sources.items():
            if sources.changed():
                self._begin(function)
        try:
            yield
        finally:
            tasks += self._reloads.values()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, function: ServedFunction) -> asyncio.Task[None]:
        self._began[function] = time.monotonic()
        task = asyncio.create_task(self._reload(function))
        self._reloads[function] = task
        task.add_done_callback(lambda _: self._reloads.pop(function, None))
        return task

    async def _reload(self, function: ServedFunction) -> None:
        sources = self._sources[function]
        while True:
            if not sources.settled():
                await asyncio.sleep(SETTLE_SECONDS)
            sources.take()
            began = time.perf_counter()
            await function.load()
            if function.error is None:
                took = duration(time.perf_counter() - began)
                self._observer.notice(f"{function.name} reloaded in {took}")
            if not sources.changed():
                return

    async def _watch(self, folders: Collection[Path], step: int, recursive: bool) -> None:
        if not folders:
            return
        try:
            async for changes in awatch(
                *folders, step=step, debounce=DEBOUNCE_MS, recursive=recursive
            ):
                self._changed({Path(path) for _, path in changes})
        except (OSError, RuntimeError) as error:
            self._observer.notice(
                f"files cannot be watched ({error}): a change is seen with the next request"
            )

    def _changed(self, paths: set[Path]) -> None:
        for function, sources in self._sources.items():
            own = [path for path in paths if sources.owns(path)]
            data = any(path.suffix != ".py" for path in own)
            if own and function not in self._reloads and (data or sources.changed()):
                self._begin(function)
        for name in (MANIFEST, LOCAL, ".env"):
            if self._config.folder / name in paths:
                self._observer.notice(f"{name} has changed: restart azrun to use it")


def _sources(function: ServedFunction, project: Path, mains: frozenset[Path]) -> Sources:
    folder = function.path.parent
    return Sources(function.path, folder if folder != project else None, mains - {function.path})
