"""The SDK's host inside the cell: operations that leave as messages and come back as events."""

from __future__ import annotations

import asyncio
import base64
import itertools
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextvars import ContextVar, copy_context
from typing import Any

from azion._host import OperationError
from loop import HostPort

INVOCATION: ContextVar[int] = ContextVar("invocation", default=0)
LOG_PIECE = 64 << 10  # characters of a log text in one message
ACKNOWLEDGE_EVERY = 32  # chunks; the host keeps at most twice as many under way


def pack(data: str | bytes) -> Any:
    """Text as it is, bytes as base64 in a list of one."""
    return data if isinstance(data, str) else [base64.b64encode(data).decode("ascii")]


def unpack(data: Any) -> Any:
    return base64.b64decode(data[0]) if isinstance(data, list) else data


class GuestOperation:
    """One operation under way in the host."""

    def __init__(self, host: GuestHost, number: int, body: AsyncIterator[str | bytes] | None):
        self._host, self._number = host, number
        self._body = aiter(body) if body is not None else None
        self._answer: asyncio.Future[Any] = host.loop.create_future()
        self._chunks: deque[Any] = deque()
        self._wake: asyncio.Future[None] | None = None
        self._pulling: asyncio.Task[None] | None = None
        self._context = copy_context()  # the body's source belongs to the same invocation
        self._ended, self._error, self._taken = False, None, 0

    async def reply(self) -> Any:
        try:
            return await self._answer
        except asyncio.CancelledError:
            self.cancel()
            raise

    async def __aiter__(self) -> AsyncIterator[Any]:
        try:
            while True:
                while self._chunks:
                    chunk = unpack(self._chunks.popleft())
                    self._count()
                    yield chunk
                if self._ended:
                    break
                self._wake = self._host.loop.create_future()
                await self._wake
        finally:
            self.cancel()
        if self._error is not None:
            raise self._error

    def cancel(self) -> None:
        if not self._ended:
            self._over()
            self._host.forget(self._number)

    def _count(self) -> None:
        self._taken += 1
        if self._taken % ACKNOWLEDGE_EVERY == 0 and not self._ended:
            self._host.port.send(["more", self._number])

    # What the host says of this operation:

    def answered(self, value: Any, more: bool) -> None:
        if not more:
            self._over()
        if not self._answer.done():
            self._answer.set_result(value)

    def failed(self, name: str, message: str) -> None:
        self._over()
        self._error = OperationError(name, message)
        if not self._answer.done():
            self._answer.set_exception(self._error)
        self._rouse()

    def chunk(self, data: Any) -> None:
        self._chunks.append(data)
        self._rouse()

    def ended(self) -> None:
        self._over()
        self._rouse()

    def pull(self) -> None:
        """Gives the host the next piece of the upload; None at its end."""
        self._pulling = self._host.loop.create_task(self._next_piece(), context=self._context)

    async def _next_piece(self) -> None:
        try:
            assert self._body is not None
            piece = await anext(self._body, None)
            self._host.port.send(["piece", self._number, None if piece is None else pack(piece)])
        except Exception as error:
            self._host.port.send(["spoiled", self._number, f"{type(error).__name__}: {error}"])

    def _over(self) -> None:
        self._ended = True
        if self._pulling is not None:
            self._pulling.cancel()

    def _rouse(self) -> None:
        if self._wake is not None and not self._wake.done():
            self._wake.set_result(None)


class GuestHost:
    """`azion._host.Host` over the cell's message port."""

    def __init__(self, loop: asyncio.AbstractEventLoop, port: HostPort) -> None:
        self.loop, self.port = loop, port
        self.environment: Mapping[str, str] = {}
        self._numbers = itertools.count(1)
        self._operations: dict[int, GuestOperation] = {}

    def start(
        self, name: str, params: dict[str, Any], body: AsyncIterator[str | bytes] | None = None
    ) -> GuestOperation:
        number = next(self._numbers)
        self.port.send(["op", number, INVOCATION.get(), name, params, body is not None])
        operation = self._operations[number] = GuestOperation(self, number, body)
        return operation

    def log(self, level: str, text: str) -> None:
        for start in range(0, len(text) or 1, LOG_PIECE):
            self.port.send(["log", INVOCATION.get(), level, text[start : start + LOG_PIECE]])
        self.port.flush()

    def env(self) -> Mapping[str, str]:
        return self.environment

    def find(self, number: int, last: bool = False) -> GuestOperation | None:
        """The operation of that number, or None when the function has given it up."""
        return self._operations.pop(number, None) if last else self._operations.get(number)

    def forget(self, number: int) -> None:
        if self._operations.pop(number, None) is not None:
            self.port.send(["drop", number])
