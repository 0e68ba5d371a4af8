"""One request on its way through one function."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from azrun.cells.function import Function
from azrun.errors import AzrunError

Body = str | bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """A client's request. `body` is complete, or an iterator of its chunks."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes | AsyncIterator[bytes] | None = None
    metadata: dict[str, str] = field(default_factory=dict)

    @property
    def replayable(self) -> bool:
        return self.body is None or isinstance(self.body, bytes)


@dataclass(frozen=True, slots=True)
class Head:
    """A response's head; `body` is complete, or None with `streams` true while chunks follow."""

    status: int
    reason: str
    headers: list[tuple[bytes, bytes]]
    body: Body | None = None
    streams: bool = False


class Stream:
    """A response's chunks on their way to the client, with the guest's flow control."""

    def __init__(self) -> None:
        self._items: deque[Body | Exception | asyncio.Future[None] | None] = deque()
        self._wake: asyncio.Future[None] | None = None

    def __len__(self) -> int:
        """What the client has not taken yet."""
        return len(self._items)

    def put(self, item: Body | Exception | asyncio.Future[None] | None) -> None:
        """A chunk, None at the end, an error, or a future to be resolved when the client has
        taken all before it."""
        self._items.append(item)
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)

    async def __aiter__(self) -> AsyncIterator[Body]:
        while True:
            while self._items:
                item = self._items.popleft()
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise item
                if isinstance(item, asyncio.Future):
                    if not item.done():
                        item.set_result(None)
                else:
                    yield item
            self._wake = asyncio.get_running_loop().create_future()
            await self._wake


class Invocation:
    """The host's side of one request in one cell, and its record.

    `cpu_ns` is the guest's CPU time in nanoseconds; `touched` says that something has left the
    cell for it, so that it must not be run a second time; `abandoned` that nobody waits for it.
    """

    def __init__(self, id: str, function: Function, incoming: Incoming) -> None:
        loop = asyncio.get_running_loop()
        self.id = id
        self.function = function
        self.incoming = incoming
        self.limits = function.limits
        self.head: asyncio.Future[Head] = loop.create_future()
        self.done: asyncio.Future[None] = loop.create_future()
        self.stream = Stream()
        self.started = time.perf_counter()
        self.cpu_ns = 0
        self.cold = False
        self.touched = False
        self.replays = 0
        self.streamed_bytes = 0
        self.log_bytes = 0
        self.subrequests = 0
        self.refused_operations = 0
        self.models: list[Any] = []
        self.trace: Any = None
        self.abandoned = False
        self.body_taken = False
        self.error: AzrunError | None = None

    @property
    def cpu_limit_ns(self) -> int:
        return int(self.limits.cpu_seconds * 1e9)

    @property
    def replayable(self) -> bool:
        """Whether it may run a second time in another cell, when its own was lost."""
        given_up = self.abandoned or self.error is not None
        return self.incoming.replayable and not (self.touched or self.replays or given_up)

    def answer(self, head: Head) -> None:
        if not self.head.done():
            self.head.set_result(head)

    def fail(self, error: AzrunError) -> None:
        """Before the head: the head's error; while it streams: the stream's; later: recorded."""
        if self.error is None:
            self.error = error
        if not self.head.done():
            self.head.set_exception(error)
            self.head.exception()  # looked at: a client that has left is no reason for a warning
        else:
            self.stream.put(error)

    def finish(self) -> None:
        """Nothing of it runs any more."""
        if not self.done.done():
            self.done.set_result(None)
