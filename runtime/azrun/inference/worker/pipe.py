"""The worker's end of its two pipes to the host."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

from azrun.inference.protocol import (
    LARGEST_REQUEST,
    PREFIX,
    Cancel,
    Event,
    Job,
    Load,
    Request,
    decode_request,
    encode_event,
    sizes,
)

MOST_WAITING = 4096  # events


class Pipe:
    """Requests in, events out. A thread reads, so that a cancel is seen while a model works;
    when the host is gone it ends the process, whatever the process is doing. Another writes: a
    write wakes the host, which may take the processor from who writes."""

    def __init__(self) -> None:
        self._in = sys.stdin.buffer
        self._out = os.dup(1)
        os.dup2(2, 1)  # what a library prints must not get between the frames
        self._first: queue.SimpleQueue[Load | Job] = queue.SimpleQueue()
        self._take: Callable[[Any], None] = self._first.put
        self._events: queue.Queue[Event | None] = queue.Queue(MOST_WAITING)
        self._writer = threading.Thread(target=self._write_all, name="events", daemon=True)
        self._writer.start()
        self._live: set[int] = set()
        self._cancelled: set[int] = set()
        threading.Thread(target=self._read_all, name="pipe", daemon=True).start()

    def first(self) -> Load | Job:
        """The first message; the host sends no other before it has heard that it was loaded."""
        return self._first.get()

    def hand_on(self, take: Callable[[Job], None]) -> None:
        """From now on jobs go to `take`, in the reading thread."""
        self._take = take

    def cancelled(self, id: int) -> bool:
        return id in self._cancelled

    def watch(self, id: int) -> Callable[[], bool]:
        """Whether this request is cancelled, for who knows only one."""
        return lambda: id in self._cancelled

    def finished(self, id: int) -> None:
        """No cancel of this request means anything any more."""
        self._live.discard(id)
        self._cancelled.discard(id)

    def send(self, event: Event) -> None:
        """Events go out in their order; who sends waits while the host reads none."""
        self._events.put(event)

    def close(self) -> None:
        """Once everything is sent."""
        self._events.put(None)
        self._writer.join()

    def _write_all(self) -> None:
        while (event := self._events.get()) is not None:
            frame = memoryview(encode_event(event))
            while frame:
                frame = frame[os.write(self._out, frame) :]

    def _read_all(self) -> None:
        try:
            while prefix := self._in.read(PREFIX.size):
                header, blobs = sizes(prefix, LARGEST_REQUEST)
                self._receive(decode_request(self._in.read(header), self._in.read(blobs)))
        finally:
            os._exit(0)

    def _receive(self, message: Request) -> None:
        if isinstance(message, Cancel):
            if message.id in self._live:
                self._cancelled.add(message.id)
            return
        if not isinstance(message, Load):
            self._live.add(message.id)
        self._take(message)
