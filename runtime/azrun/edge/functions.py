"""The functions of an application: which version serves, and how a new one takes over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from azrun.bindings import Binding
from azrun.cells.engine import CellEngine
from azrun.cells.function import Function
from azrun.cells.invocation import Invocation
from azrun.cells.pool import Pool
from azrun.config import Config
from azrun.config.azion import FunctionEntry, FunctionInstance
from azrun.errors import FunctionError, LoadError

Log = Callable[[str, str, str, str], None]
ARGUMENT_BYTES = 100 * 1024
SOURCE_BYTES = 20 * 2**20


class ServedFunction:
    """One function instance: the pool that serves now, and why a newer one could not load."""

    def __init__(
        self, name: str, make: Callable[[], Pool], path: Path, failed: Callable[[str], None]
    ) -> None:
        self.name, self.path, self._make, self._failed = name, path, make, failed
        self.pool: Pool | None = None
        self.error: FunctionError | None = None
        self._draining: set[asyncio.Task[None]] = set()

    async def load(self) -> None:
        """Loads the file's present version; it takes over once it is ready.

        Keeps the version that serves, and `error`, when the new one does not load; says so.
        """
        try:
            pool = self._make()
            await pool.warm()
        except FunctionError as error:
            self.error = error
            self._failed(str(error.detail.get("traceback") or f"{error.message} {error.hint}"))
            return
        old, self.pool, self.error = self.pool, pool, None
        if old is not None:
            task = asyncio.get_running_loop().create_task(old.close())
            self._draining.add(task)
            task.add_done_callback(self._draining.discard)

    async def close(self) -> None:
        """Ends its cells, also those that still serve an older version."""
        if self.pool is not None:
            await self.pool.close(grace_seconds=0)
        for task in self._draining:
            task.cancel()


class Functions:
    """All function instances of the application, by name."""

    def __init__(
        self, config: Config, engine: CellEngine, bindings: Mapping[str, Binding], log: Log
    ) -> None:
        self._config, self._engine, self._bindings, self._log = config, engine, bindings, log
        entries = {entry.name: entry for entry in config.manifest.functions}
        self._all = {
            instance.name: self._served(instance, entries[instance.ref])
            for instance in config.application.functions_instances
            if instance.active
        }

    def __getitem__(self, instance: str) -> ServedFunction:
        return self._all[instance]

    def __iter__(self) -> Any:
        return iter(self._all.values())

    async def load_all(self) -> None:
        await asyncio.gather(*(function.load() for function in self))

    async def close(self) -> None:
        await asyncio.gather(*(function.close() for function in self))

    def _served(self, instance: FunctionInstance, entry: FunctionEntry) -> ServedFunction:
        path = self._config.function_path(entry)

        def log(invocation: Invocation | None, level: str, text: str) -> None:
            self._log(instance.name, invocation.id if invocation else "-", level, text)

        def make() -> Pool:
            function = read_function(self._config, instance, entry)
            return Pool(self._engine, function, self._bindings, log)

        def failed(text: str) -> None:
            log(None, "error", text.rstrip())

        return ServedFunction(instance.name, make, path, failed)


def read_function(config: Config, instance: FunctionInstance, entry: FunctionEntry) -> Function:
    """The function as its file is now. Raises LoadError."""
    path = config.function_path(entry)
    try:
        source = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise LoadError(f"{path} cannot be read: {error}", "Save it as UTF-8 text.") from None
    if len(source) > SOURCE_BYTES:
        raise LoadError(f"{path} is over 20 MB", "Azion's limit for a function's code is 20 MB.")
    args = merge_arguments(entry.default_args, instance.args)
    return Function(
        name=instance.name,
        path=path,
        source=source,
        filename=_display(path, config.folder),
        folder=path.parent if path.parent != config.folder else None,
        args=args,
        env=config.env,
        limits=config.limits(entry.name),
        isolation=config.settings(entry.name).isolation or config.local.isolation,
    )


def merge_arguments(default: Any, own: Any) -> Any:
    """The instance's arguments over the function's, key by key (Azion, Functions Instances)."""
    merged = {**default, **own} if isinstance(default, dict) and isinstance(own, dict) else own
    if len(json.dumps(merged)) > ARGUMENT_BYTES:
        raise LoadError("the function's arguments are over 100 KB", "Azion allows no more.")
    return merged or default


def _display(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)
