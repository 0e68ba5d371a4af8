"""The cell's event loop: asyncio whose selector is the host's `next`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import wit_world

Message = list[Any]
POLL_EVERY = 16  # iterations of a loop that always has work, between two looks at the host
BATCH = 1 << 20  # characters queued before they leave at once
LARGEST = 31 << 20  # characters of one message; the host takes no batch over 32 MB
_encode = json.JSONEncoder(separators=(",", ":")).encode


class HostPort:
    """The loop's selector: waits in the host, hands out what came, sends what was queued."""

    def __init__(self) -> None:
        self._busy = 0
        self._outgoing: list[str] = []
        self._queued = 0
        self.connect(wit_world.next, wit_world.send)

    def connect(self, next_: Callable[[int], str], send: Callable[[str], None]) -> None:
        """Hears and speaks through these two: the host's own, but in a rehearsal."""
        self._next, self._send = next_, send

    def send(self, message: Message) -> None:
        """Queues a message; it leaves when the loop next waits, or on `flush`.

        ValueError when it is over 31 MB.
        """
        text = _encode(message)
        if len(text) > LARGEST:
            raise ValueError(f"{message[0]}: {len(text) >> 20} MB in one message. Send less.")
        if self._queued + len(text) > BATCH:
            self.flush()
        self._outgoing.append(text)
        self._queued += len(text)

    def flush(self) -> None:
        if self._outgoing:
            batch = "[" + ",".join(self._outgoing) + "]"
            self._outgoing.clear()
            self._queued = 0
            self._send(batch)

    def select(self, timeout: float | None) -> list[Message]:
        if timeout == 0:
            self._busy += 1
            if self._busy % POLL_EVERY:
                return []
        self.flush()
        milliseconds = -1 if timeout is None else min(int(timeout * 1000 + 0.999), 2**31 - 1)
        messages = self._next(milliseconds)
        return json.loads(messages) if messages else []

    def close(self) -> None:
        self.flush()


class HostLoop(asyncio.BaseEventLoop):
    """asyncio without sockets, pipes, signals and threads."""

    def __init__(self, on_message: Callable[[Message], None]) -> None:
        super().__init__()
        self.port = self._selector = HostPort()
        self._on_message = on_message
        self.stopped = False  # the host's word

    def _process_events(self, event_list: list[Message]) -> None:
        for message in event_list:
            self._on_message(message)

    def _write_to_self(self) -> None:
        """Nothing to wake: a cell has one thread."""
