"""What is compiled once and shared by all cells: the engine, the component, the linker."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Protocol

from wasmtime import Store
from wasmtime.component import Instance, Linker

from azrun.cells.component import Progress, load_component
from azrun.cells.wasm import define_imports, new_engine

TICK_SECONDS = 0.01


class Guest(Protocol):
    """What a cell's guest reaches of its host; called on the cell's own thread."""

    def receive(self, timeout_ms: int) -> str: ...
    def send(self, messages: str) -> None: ...


class _Here(threading.local):
    """The cell that lives on this thread."""

    guest: Guest


class CellEngine:
    """Makes instances; ticks the epoch that stops runaway guests."""

    def __init__(
        self,
        max_memory: int,
        max_cells: int,
        progress: Progress = lambda text: None,
        cache: Path | None = None,
    ) -> None:
        self.wasm = new_engine(max_memory, max_cells)
        self._component = load_component(self.wasm, progress, cache)
        self._here = _Here()
        self._linker = Linker(self.wasm)
        self._linker.add_wasip2()
        self._kept = define_imports(
            self._linker,
            lambda timeout_ms: self._here.guest.receive(timeout_ms),
            lambda messages: self._here.guest.send(messages),
        )
        self._closed = threading.Event()
        self._ticker = threading.Thread(target=self._tick, name="azrun-epoch", daemon=True)
        self._ticker.start()

    def run(self, store: Store, guest: Guest) -> None:
        """Instantiates the component in `store` and runs it on this thread until it ends."""
        self._here.guest = guest
        instance: Instance = self._linker.instantiate(store, self._component)
        run = instance.get_func(store, "run")
        assert run is not None
        run(store)

    def close(self) -> None:
        """Stops the ticker. Cells still running are not stopped by this."""
        self._closed.set()
        self._ticker.join()

    def _tick(self) -> None:
        while not self._closed.wait(TICK_SECONDS):
            self.wasm.increment_epoch()
