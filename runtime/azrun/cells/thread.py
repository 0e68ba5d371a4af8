"""A cell's own thread: its guest, its CPU time, the kill switch."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from wasmtime import Store, WasiConfig, WasmtimeError

from azrun.cells.engine import CellEngine
from azrun.cells.function import Function
from azrun.cells.mailbox import Inbox, Outbox
from azrun.cells.meter import Account, Meter, OwnAccount
from azrun.cells.wasm import on_epoch

GRACE_SECONDS = 1.0
CPU = "azrun: CPU time is used up"

Receive = Callable[[list[Any]], None]
Ended = Callable[[str], None]


class CellThread:
    """Carries one guest.

    `on_message` and `on_end(reason)` are called on the event loop; `reason` is "" when the
    guest ended because it was told to, CPU or what `kill` was given when it was stopped, else
    the trap's text. `suspects` are those it worked for when it ended.
    """

    def __init__(
        self,
        engine: CellEngine,
        function: Function,
        on_message: Receive,
        on_end: Ended,
        under_way: Callable[[], list[Account]],
    ) -> None:
        self._engine, self._function = engine, function
        self._on_end, self._under_way = on_end, under_way
        self._loop = asyncio.get_running_loop()
        self._inbox: Inbox[Account] = Inbox(self._call)
        self._outbox = Outbox(self._call, on_message, self._broken)
        self._timer: asyncio.TimerHandle | None = None
        self._killed = ""
        self._ended = False
        self._meter = Meter()
        self._own = OwnAccount(function.limits.cold_start_seconds)
        self.computing_since = 0.0
        self.suspects: Sequence[Account] = ()
        self._thread = threading.Thread(
            target=self._live, name=f"cell-{function.name}", daemon=True
        )

    # On the event loop:

    def start(self) -> None:
        self._thread.start()

    def put(self, payer: Account | None, message: list[Any]) -> None:
        """A message to the guest; `payer` is charged for the CPU time that it causes."""
        if not self._inbox.put(payer, message) and not self._killed:
            self.kill("the function does not read what it asked for")

    def loaded(self) -> None:
        """From now on the cell pays for what its requests leave behind."""
        self._own = OwnAccount(self._function.limits.cpu_seconds)

    async def room(self) -> None:
        """Waits while the guest has too much unread."""
        await self._inbox.room()

    def stop(self) -> None:
        """Asks the guest to end; kills it when it has not after the grace period."""
        if not self._ended and self._timer is None:
            self.put(None, ["stop"])
            self._timer = self._loop.call_later(GRACE_SECONDS, self.kill, "killed")

    def kill(self, reason: str) -> None:
        """Ends the guest at its next step. One that takes none, because it sleeps in a system
        call, is given up: its thread ends with the call."""
        if self._ended or self._killed:
            return
        self._killed = reason
        self._outbox.close()
        self.put(None, ["stop"])
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(GRACE_SECONDS, self._end, reason)

    def _broken(self, error: Exception) -> None:
        self.kill(f"the function broke the cell's protocol: {error!r:.200}")

    def _end(self, reason: str) -> None:
        if self._ended:
            return
        self._ended = True
        if self._timer is not None:
            self._timer.cancel()
        self.suspects = self.suspects or self._meter.payers
        self._inbox.close()
        self._outbox.close()
        self._on_end(reason)

    # On the cell's own thread:

    def receive(self, timeout_ms: int) -> str:
        """The world's `next`: blocks until there is a message or the time is over."""
        busy = self._meter.payers if timeout_ms == 0 else ()  # its work goes on, it only looks
        self._meter.stop()
        if not busy:
            self.computing_since = 0.0
        if self._killed:
            raise InterruptedError(self._killed)
        messages, payers = self._inbox.take(timeout_ms)
        under_way = self._under_way()
        still = [payer for payer in busy if payer in under_way]
        self._work_for(list(dict.fromkeys(still + payers)) or under_way or [self._own])
        return messages

    def send(self, messages: str) -> None:
        """The world's `send`: hands a batch to the loop; waits while it has too much unread."""
        if self._killed:
            raise InterruptedError(self._killed)
        self._meter.charge()
        self._outbox.put(messages)

    def _work_for(self, payers: list[Account]) -> None:
        self._meter.start(payers)
        if not self.computing_since:
            self.computing_since = time.perf_counter()

    def _check(self) -> str | None:
        if self._killed:
            return self._killed
        return CPU if self._meter.exceeded() else None

    def _live(self) -> None:
        reason = ""
        store = Store(self._engine.wasm)
        try:
            store.set_wasi(self._wasi())
            store.set_limits(memory_size=self._function.limits.memory_bytes)
            kept = on_epoch(store, self._check)
            self._work_for([self._own])
            self._engine.run(store, self)
            del kept
        except (WasmtimeError, OSError) as error:
            reason = CPU if CPU in str(error) else str(error)
        finally:
            self.computing_since = 0.0
            self.suspects = self._meter.payers
            self._meter.stop()
            store.close()
            self._outbox.end(lambda: self._end(self._killed or reason))

    def _wasi(self) -> WasiConfig:
        wasi = WasiConfig()
        if self._function.folder is not None:
            wasi.preopen_dir(str(self._function.folder), "/function", fs_mutable=False)
        return wasi

    def _call(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:  # the loop is closed: nobody is left to hear it
            self._killed = self._killed or "killed"
