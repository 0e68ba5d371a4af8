"""A cell's own thread and its border: texts in, texts out, CPU time, the kill switch."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from wasmtime import Store, WasiConfig, WasmtimeError

from azrun.cells.engine import CellEngine
from azrun.cells.function import Function
from azrun.cells.meter import Account, LoadAccount, Meter
from azrun.cells.wasm import on_epoch

OUTBOX_BATCHES = 256  # batches the loop has not read yet, before the guest must wait
BATCHES_A_TURN = 32  # batches read before the loop serves others
BATCH_CHARACTERS = 32 << 20
GRACE_SECONDS = 1.0
CPU = "azrun: CPU time is used up"

Receive = Callable[[list[Any]], None]
Ended = Callable[[str], None]


class CellThread:
    """Carries one guest.

    `on_message` and `on_end(reason)` are called on the event loop; `reason` is "" when the
    guest ended because it was told to, CPU or what `kill` was given when it was stopped, else
    the trap's text. `blamed` are those it worked for when it ended.
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
        self._on_message, self._on_end, self._under_way = on_message, on_end, under_way
        self._loop = asyncio.get_running_loop()
        self._inbox: queue.SimpleQueue[tuple[Account | None, str]] = queue.SimpleQueue()
        self._outbox: deque[str] = deque()
        self._scheduled = False
        self._room = threading.Event()
        self._stopping = False
        self._killed = ""
        self._meter = Meter()
        self.computing_since = 0.0
        self.blamed: Sequence[Account] = ()
        self._thread = threading.Thread(
            target=self._live, name=f"cell-{function.name}", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def put(self, payer: Account | None, message: list[Any]) -> None:
        """A message to the guest; `payer` is charged for the CPU time that it causes."""
        self._inbox.put((payer, json.dumps(message, separators=(",", ":"))))

    def stop(self) -> None:
        """Asks the guest to end; kills it when it has not after the grace period."""
        if not self._stopping:
            self._stopping = True
            self.put(None, ["stop"])
            self._loop.call_later(GRACE_SECONDS, self.kill, "killed")

    def kill(self, reason: str) -> None:
        """Ends the guest at its next step, whatever it does."""
        self._killed = self._killed or reason
        self._room.set()
        self.put(None, ["stop"])

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    # On the cell's own thread:

    def receive(self, timeout_ms: int) -> str:
        """The world's `next`: blocks until there is a message or the time is over."""
        self.computing_since = 0.0
        self._meter.stop()
        if self._killed:
            raise InterruptedError(self._killed)
        try:
            first = self._inbox.get(timeout_ms != 0, timeout_ms / 1000 if timeout_ms > 0 else None)
        except queue.Empty:
            self._work_for(self._under_way())
            return ""
        payers, texts = [first[0]], [first[1]]
        while not self._inbox.empty():
            payer, text = self._inbox.get_nowait()
            payers.append(payer)
            texts.append(text)
        self._work_for([p for p in payers if p is not None] or self._under_way())
        return "[" + ",".join(texts) + "]"

    def send(self, messages: str) -> None:
        """The world's `send`: hands a batch to the loop; waits while it has too many unread."""
        if len(messages) > BATCH_CHARACTERS:
            raise ValueError(f"a batch of messages over {BATCH_CHARACTERS >> 20} MB")
        self._meter.charge()
        self._outbox.append(messages)
        if not self._scheduled:
            self._scheduled = True
            self._call(self._drain)
        while len(self._outbox) > OUTBOX_BATCHES and not self._killed:
            self._room.clear()
            self._room.wait(1.0)

    def _work_for(self, payers: list[Account]) -> None:
        self._meter.start(payers)
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
            self._work_for([LoadAccount(self._function.limits.cold_start_seconds)])
            self._engine.run(store, self)
            del kept
        except (WasmtimeError, OSError) as error:
            reason = self._reason(str(error))
        finally:
            self.computing_since = 0.0
            self.blamed = self._meter.payers
            self._meter.stop()
            self._call(lambda: self._finish(reason))
            store.close()

    def _wasi(self) -> WasiConfig:
        wasi = WasiConfig()
        if self._function.folder is not None:
            wasi.preopen_dir(str(self._function.folder), "/function", fs_mutable=False)
        return wasi

    def _reason(self, text: str) -> str:
        if self._killed:
            return self._killed
        return CPU if CPU in text else text

    def _call(self, callback: Callable[[], None]) -> None:
        try:
            self._loop.call_soon_threadsafe(callback)
        except RuntimeError:  # the loop is closed: nobody is left to hear it
            self._killed = self._killed or "killed"

    # On the event loop:

    def _drain(self) -> None:
        self._scheduled = False
        for _ in range(min(len(self._outbox), BATCHES_A_TURN)):
            self._read(self._outbox.popleft())
        self._room.set()
        if self._outbox and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._drain)

    def _read(self, batch: str) -> None:
        try:
            for message in json.loads(batch):
                self._on_message(message)
        except (ValueError, TypeError, LookupError, AttributeError) as error:
            self.kill(f"the function broke the cell's protocol: {error!r}")

    def _finish(self, reason: str) -> None:
        while self._outbox:
            self._read(self._outbox.popleft())
        self._on_end(reason)
