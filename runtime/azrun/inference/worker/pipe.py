"""The worker's end of its two pipes to the host."""

from __future__ import annotations

import os
import queue
import sys
import threading

from azrun.inference.protocol import (
    LARGEST_REQUEST,
    PREFIX,
    Cancel,
    Event,
    Generate,
    Load,
    decode_request,
    encode_event,
    sizes,
)


class Pipe:
    """Requests in, events out. A thread reads, so that a cancel is seen while a model works;
    when the host is gone it ends the process, whatever the process is doing."""

    def __init__(self) -> None:
        self._in = sys.stdin.buffer
        self._out = os.dup(1)
        os.dup2(2, 1)  # what a library prints must not get between the frames
        self.work: queue.SimpleQueue[Load | Generate] = queue.SimpleQueue()
        self._live: set[int] = set()
        self._cancelled: set[int] = set()
        threading.Thread(target=self._read_all, name="pipe", daemon=True).start()

    def cancelled(self, id: int) -> bool:
        return id in self._cancelled

    def finished(self, id: int) -> None:
        """No cancel of this request means anything any more."""
        self._live.discard(id)
        self._cancelled.discard(id)

    def send(self, event: Event) -> None:
        frame = memoryview(encode_event(event))
        while frame:
            frame = frame[os.write(self._out, frame) :]

    def _read_all(self) -> None:
        try:
            while prefix := self._in.read(PREFIX.size):
                header, blobs = sizes(prefix, LARGEST_REQUEST)
                self._take(decode_request(self._in.read(header), self._in.read(blobs)))
        finally:
            os._exit(0)

    def _take(self, message: Load | Generate | Cancel) -> None:
        if isinstance(message, Cancel):
            if message.id in self._live:
                self._cancelled.add(message.id)
            return
        if isinstance(message, Generate):
            self._live.add(message.id)
        self.work.put(message)
