"""The cells of one version of one function: prewarmed, shared or not, capped, replaced."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress

from azrun.bindings import Binding
from azrun.cells.cell import Cell, Guilt
from azrun.cells.engine import CellEngine
from azrun.cells.function import Function
from azrun.cells.invocation import Invocation
from azrun.cells.limits import lost
from azrun.errors import FunctionError, Overloaded

SHARED_CELLS = max(4, 2 * (os.cpu_count() or 1))
SHARED_INVOCATIONS = 64  # in one cell at once
LONE_CELLS = 32  # with isolation = "request"; each slot once used keeps 28 MB
SPARE_CELLS = 4
BUSY_SECONDS = 0.02  # a cell that computes this long gets no further invocation
RECYCLED_AFTER = 50_000  # invocations, then a fresh cell takes its place
IDLE_SECONDS = 30.0  # then a cell beyond the first is given back
WAITING = 4096

Log = Callable[[Invocation | None, str, str], None]


class Pool:
    """Places invocations into cells."""

    def __init__(
        self, engine: CellEngine, function: Function, bindings: Mapping[str, Binding], log: Log
    ) -> None:
        self._engine, self.function, self._bindings, self.log = engine, function, bindings, log
        self._lone = function.isolation == "request"
        self._alive: set[Cell] = set()  # all of them; _cells are those that have served
        self._cells: set[Cell] = set()
        self._spare: deque[Cell] = deque()
        self._waiting: deque[Invocation] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting = 0
        self._home: dict[Invocation, Cell] = {}
        self._retry: asyncio.TimerHandle | None = None
        self._shrinking: asyncio.TimerHandle | None = None
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()

    async def warm(self) -> None:
        """Makes the first cell (with isolation "request": the spare ones).

        Raises LoadError when the function does not load.
        """
        first = self._new_cell()
        await first.ready()
        self._spare.append(first)
        if self._lone:
            self._refill()

    def invoke(self, invocation: Invocation) -> None:
        """Begins the invocation in a cell, now or as soon as one has room."""
        if len(self._waiting) >= WAITING:
            raise Overloaded("too many requests wait for this function", "Try again in a moment.")
        self._idle.clear()
        self._waiting.append(invocation)
        self._place()

    def cancel(self, invocation: Invocation) -> None:
        """Gives the invocation up, wherever it is."""
        invocation.abandoned = True
        cell = self._home.get(invocation)
        if cell is not None:
            cell.cancel(invocation)
        elif invocation in self._waiting:
            self._waiting.remove(invocation)
            invocation.finish()
            self._settle(invocation)

    def kill(self, invocation: Invocation, reason: str) -> None:
        """Ends the invocation's cell: it did not listen to `cancel`."""
        cell = self._home.get(invocation)
        if cell is not None:
            cell.kill(reason)

    async def close(self, grace_seconds: float | None = None) -> None:
        """Serves what is under way to its end (or for that long), then stops the cells."""
        self._closed = True
        with suppress(TimeoutError):
            async with asyncio.timeout(grace_seconds):
                await self._idle.wait()
        for timer in (self._retry, self._shrinking):
            if timer is not None:
                timer.cancel()
        for task in list(self._tasks):
            task.cancel()
        for cell in list(self._alive):
            cell.stop()
        if self._alive:  # wait, not gather, which would cancel what it waits for
            await asyncio.wait([cell.ended for cell in self._alive])

    # Placing:

    def _place(self) -> None:
        while self._waiting:
            invocation = self._waiting[0]
            alone = self._lone or invocation.replays > 0
            cell = self._fresh() if alone else self._shared()
            if cell is None:
                self._grow(alone)
                return
            self._waiting.popleft()
            self._begin(cell, invocation)

    def _shared(self) -> Cell | None:
        now = time.perf_counter()
        free = [
            cell
            for cell in self._cells
            if cell.usable
            and not cell.alone
            and cell.under_way < SHARED_INVOCATIONS
            and not (cell.computing_since and now - cell.computing_since > BUSY_SECONDS)
        ]
        return min(free, key=lambda cell: cell.under_way) if free else self._fresh()

    def _fresh(self) -> Cell | None:
        while self._spare:
            cell = self._spare.popleft()
            if cell.usable:
                return cell
        return None

    def _grow(self, alone: bool) -> None:
        cap = LONE_CELLS if alone else SHARED_CELLS
        wanted = len(self._waiting) if alone else 1
        while self._starting < wanted and len(self._alive) < cap:
            self._spawn()
        if not self._starting:
            self._try_later()

    def _try_later(self) -> None:
        if self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(BUSY_SECONDS, self._try_again)

    def _try_again(self) -> None:
        self._retry = None
        self._place()

    def _begin(self, cell: Cell, invocation: Invocation) -> None:
        invocation.cold = cell.created > invocation.started
        cell.alone = self._lone or invocation.replays > 0
        self._cells.add(cell)
        self._home[invocation] = cell
        invocation.done.add_done_callback(lambda _: self._settle(invocation))
        cell.begin(invocation)
        if self._lone:
            self._refill()

    def _settle(self, invocation: Invocation) -> None:
        cell = self._home.pop(invocation, None)
        if cell is not None and cell.alone:
            cell.stop()
        elif cell is not None and cell.served >= RECYCLED_AFTER:
            cell.retire()
        elif len(self._cells) > 1 and self._shrinking is None:
            self._shrinking = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._shrink)
        if not self._home and not self._waiting:
            self._idle.set()
        self._place()

    # Cells:

    def _shrink(self) -> None:
        """Gives back the cells that have served nothing since a while, but for one."""
        self._shrinking = None
        long_ago = time.perf_counter() - IDLE_SECONDS
        idle = [c for c in self._cells if not c.under_way and c.last_used < long_ago]
        for cell in idle[: len(self._cells) - 1]:
            cell.stop()

    def _refill(self) -> None:
        if not self._closed:
            missing = SPARE_CELLS - len(self._spare) - self._starting
            for _ in range(min(missing, LONE_CELLS - len(self._alive))):
                self._spawn()

    def _spawn(self) -> None:
        self._starting += 1
        task = asyncio.get_running_loop().create_task(self._add_spare(self._new_cell()))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _add_spare(self, cell: Cell) -> None:
        try:
            await cell.ready()
            self._spare.append(cell)
        except FunctionError as error:
            if isinstance(error, Overloaded) and self._alive:  # its own cells get free again
                self._try_later()
                return
            while self._waiting:
                invocation = self._waiting.popleft()
                invocation.fail(error)
                invocation.finish()
        finally:
            self._starting -= 1
        self._place()

    def _new_cell(self) -> Cell:
        cell = Cell(self._engine, self.function, self._bindings, self)
        self._alive.add(cell)
        cell.start()
        return cell

    def lost(self, cell: Cell, invocation: Invocation, reason: str, guilt: Guilt) -> None:
        """The cell ended under this invocation: it is run once more, alone, if nothing of it was
        seen and it need not be the cause."""
        if invocation.replayable and guilt is not Guilt.SURE and not self._closed:
            invocation.replays += 1
            invocation.cpu_ns = 0
            self._home.pop(invocation, None)
            self._waiting.append(invocation)
            self._place()
        else:
            seconds = invocation.limits.cpu_seconds
            invocation.fail(lost(reason, guilt is not Guilt.NONE, seconds))
            invocation.finish()

    def finished(self, cell: Cell) -> None:
        self._alive.discard(cell)
        self._cells.discard(cell)
        self._place()
