"""Texts across a cell's border, between its thread and the event loop, both ways bounded."""

from __future__ import annotations

import asyncio
import json
import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

INBOX_CHARACTERS = 16 << 20  # unread by the guest, before operations wait with their chunks
INBOX_LIMIT = 256 << 20  # unread by the guest, before it is given up
TAKEN_CHARACTERS = 8 << 20  # handed to the guest at once, where it is more than one message
OUTBOX_CHARACTERS = 4 << 20  # unread by the loop, before the guest waits
BATCH_CHARACTERS = 32 << 20  # in one call of `send`
BATCH_ITEMS = 1_000_000  # commas in one call of `send`: what a batch may cost to parse
TURN_SECONDS = 0.005  # messages are read this long before the loop serves others

Call = Callable[[Callable[[], None]], None]  # runs something on the loop, from any thread
PayerT = TypeVar("PayerT")


class Inbox(Generic[PayerT]):
    """Messages to the guest, each with who pays for the work that it causes."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._items: queue.SimpleQueue[tuple[PayerT | None, str]] = queue.SimpleQueue()
        self._put = self._taken = 0  # characters; each is written by one thread alone
        self._waiting: asyncio.Future[None] | None = None
        self._closed = False

    @property
    def unread(self) -> int:
        return self._put - self._taken

    def put(self, payer: PayerT | None, message: list[Any]) -> bool:
        """False when the guest has left more unread than any function needs."""
        text = json.dumps(message, separators=(",", ":"))
        self._put += len(text)
        self._items.put((payer, text))
        return self.unread <= INBOX_LIMIT

    async def room(self) -> None:
        while self.unread > INBOX_CHARACTERS and not self._closed:
            if self._waiting is None:
                self._waiting = asyncio.get_running_loop().create_future()
            if self.unread <= INBOX_CHARACTERS:  # taken before it could see that somebody waits
                break
            await asyncio.shield(self._waiting)

    def close(self) -> None:
        self._closed = True
        self._make_room()

    def _make_room(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.set_result(None)

    def take(self, timeout_ms: int) -> tuple[str, list[PayerT]]:
        """On the cell's thread: a JSON array of messages ("" for none) and who pays for them."""
        try:
            first = self._items.get(timeout_ms != 0, timeout_ms / 1000 if timeout_ms > 0 else None)
        except queue.Empty:
            return "", []
        items, size = [first], len(first[1])
        while size < TAKEN_CHARACTERS and not self._items.empty():
            items.append(self._items.get_nowait())
            size += len(items[-1][1])
        self._taken += size
        if self._waiting is not None:
            self._call(self._make_room)
        return f"[{','.join(text for _, text in items)}]", [p for p, _ in items if p is not None]


class Outbox:
    """Messages from the guest, parsed and handed on by the loop, a few milliseconds at a time."""

    def __init__(
        self,
        call: Call,
        on_message: Callable[[list[Any]], None],
        on_broken: Callable[[Exception], None],
    ) -> None:
        self._call, self._on_message, self._on_broken = call, on_message, on_broken
        self._batches: deque[str] = deque()
        self._messages: deque[list[Any]] = deque()
        self._sent = self._read = 0  # characters; each is written by one thread alone
        self._scheduled = self._closed = False
        self._room = threading.Event()
        self._at_end: Callable[[], None] | None = None

    def put(self, messages: str) -> None:
        """On the cell's thread. Raises ValueError for a batch that is too large."""
        if len(messages) > BATCH_CHARACTERS:
            raise ValueError(f"a batch of messages over {BATCH_CHARACTERS >> 20} MB")
        if messages.count(",") > BATCH_ITEMS:
            raise ValueError(f"a batch of messages with over {BATCH_ITEMS:,} items")
        self._sent += len(messages)
        self._batches.append(messages)
        self._schedule()
        while not self._closed:
            self._room.clear()
            if self._sent - self._read <= OUTBOX_CHARACTERS:
                break
            self._room.wait(1.0)

    def end(self, callback: Callable[[], None]) -> None:
        """On the cell's thread: nothing more comes; `callback` follows the last message."""
        self._at_end = callback
        self._schedule()

    def close(self) -> None:
        """Drops what is unread, and what still comes."""
        self._closed = True
        self._batches.clear()
        self._messages.clear()
        self._room.set()

    def _schedule(self) -> None:
        if not self._scheduled:
            self._scheduled = True
            self._call(self._drain)

    def _drain(self) -> None:
        self._scheduled = False
        until = time.perf_counter() + TURN_SECONDS
        while (self._messages or self._batches) and time.perf_counter() < until:
            self._step()
        self._room.set()
        if self._closed:
            self._batches.clear()
        if self._messages or self._batches:
            self._schedule()
        elif self._at_end is not None:
            self._at_end()

    def _step(self) -> None:
        try:
            if self._messages:
                self._on_message(self._messages.popleft())
            else:
                batch = self._batches.popleft()
                self._read += len(batch)
                messages = json.loads(batch)
                if not isinstance(messages, list):
                    raise ValueError("a batch that is no array")
                self._messages.extend(messages)
        except Exception as error:  # whatever the guest said, it is the guest that ends
            self._on_broken(error)
