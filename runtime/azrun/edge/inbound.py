"""What comes of a client after its request's head: the body, and at some time its leaving."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from typing import Any

from azrun.config.limits import Limits
from azrun.errors import AzrunError, RequestError

READ_AHEAD = 256 * 1024  # bytes taken from the client before the function asks for them

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class ClientGone(Exception):
    """The client left before its request was whole."""


class Inbound:
    """Reads the client's side of one exchange.

    `read` takes the whole body at once; or else iterating gives its chunks, while `watch` reads
    on, so that the client's leaving shows whether or not the function reads its body.
    """

    def __init__(self, receive: Receive, limits: Limits) -> None:
        self._receive, self._limits = receive, limits
        self._chunks: deque[bytes] = deque()
        self._size = self._held = 0
        self._whole = False
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.gone = False

    async def read(self) -> bytes:
        """The whole body. Raises RequestError past the limit, ClientGone when it breaks off."""
        while not self._whole:
            self._take(await self._receive())
            if self.gone:
                raise ClientGone
        return b"".join(self._chunks)

    def watch(self, on_gone: Callable[[], None], on_error: Callable[[AzrunError], None]) -> None:
        """Reads on until the client has left or sent too much, and then says so."""
        if self._task is None:
            work = self._pump(on_gone, on_error)
            self._task = asyncio.get_running_loop().create_task(work)

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            while self._chunks:
                chunk = self._chunks.popleft()
                self._held -= len(chunk)
                self._changed.set()
                yield chunk
            if self._whole:
                return
            self._changed.clear()
            await self._changed.wait()

    async def _pump(
        self, on_gone: Callable[[], None], on_error: Callable[[AzrunError], None]
    ) -> None:
        try:
            while not self.gone:
                while self._held > READ_AHEAD:
                    self._changed.clear()
                    await self._changed.wait()
                self._take(await self._receive())
        except RequestError as error:
            on_error(error)
        else:
            on_gone()

    def _take(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.disconnect":
            self.gone = True
            return
        chunk = bytes(message.get("body", b""))
        self._size += len(chunk)
        if self._size > self._limits.body_bytes:
            raise body_too_large(self._limits)
        if chunk:
            self._chunks.append(chunk)
            self._held += len(chunk)
        self._whole = self._whole or not message.get("more_body", False)
        self._changed.set()


def body_too_large(limits: Limits) -> RequestError:
    return RequestError(
        413,
        f"the body is over {limits.body_mb} MB",
        "Send less, or raise body_mb under [limits] in azrun.toml.",
    )
