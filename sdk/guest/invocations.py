"""Invocations inside the cell: a request in, a response out, what it leaves running."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Any

from azion.console import console
from azion.events import FetchEvent, Handler
from azion.request import Request
from azion.response import Response
from operations import INVOCATION, GuestHost, pack, unpack
from report import report

INLINE = 256 * 1024  # characters or bytes of a body that travel with its head
WINDOW = 256 * 1024  # of a stream sent before the host says that the client took them
LEAST = 256  # what a chunk of a stream counts, however short


class Invocations:
    """All invocations under way in this cell."""

    def __init__(self, host: GuestHost) -> None:
        self.host = host
        self.handler: Handler | None = None
        self.rehearsed: Handler | None = None  # serves invocation 0, which nobody waits for
        self.args: Any = None
        self.begun = False
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._cancelled: set[int] = set()  # by the host
        self._drains: dict[int, asyncio.Future[None]] = {}

    def begin(
        self,
        number: int,
        method: str,
        url: str,
        headers: list[list[str]],
        body: Any,
        metadata: dict[str, str],
    ) -> None:
        self.begun = True
        token = INVOCATION.set(number)
        content = self._uploaded() if body is True else unpack(body)
        request = Request._from_host(method, url, headers, content, metadata)
        serve = self._serve(number, request)
        task = asyncio.Task(serve, loop=self.host.loop, eager_start=True)
        INVOCATION.reset(token)
        if not task.done():  # many are, within this turn of the loop
            self._tasks[number] = task
            task.add_done_callback(lambda _: self._forget(number))

    def cancel(self, number: int) -> None:
        task = self._tasks.get(number)
        if task is not None:
            self._cancelled.add(number)
            task.cancel()

    def drained(self, number: int) -> None:
        waiting = self._drains.pop(number, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)

    async def _uploaded(self) -> AsyncIterator[bytes]:
        operation = self.host.start("request.body", {})
        await operation.reply()
        async for chunk in operation:
            yield chunk.encode() if isinstance(chunk, str) else chunk

    async def _serve(self, number: int, request: Request) -> None:
        event = FetchEvent(request, self.args, console)
        try:
            handler = self.handler if number else self.rehearsed
            assert handler is not None
            await self._answer(number, await handler(event))
        except asyncio.CancelledError as error:
            if number in self._cancelled:
                _cancel_pending(event)
            else:
                self._fail(number, error)
        except BaseException as error:
            self._fail(number, error)
        await self._finish(number, event)

    async def _answer(self, number: int, response: Response) -> None:
        body = response._body
        head = ["head", number, response.status, response.status_text, list(response.headers)]
        if body is None or (isinstance(body, (str, bytes)) and len(body) <= INLINE):
            self.host.port.send([*head, None if body is None else pack(body)])
            return
        self.host.port.send([*head, len(body) if isinstance(body, (str, bytes)) else True])
        sent = 0
        async for piece in _pieces(body):
            self.host.port.send(["body", number, pack(piece)])
            sent += max(len(piece), LEAST)
            if sent >= WINDOW:
                sent = 0
                await self._drain(number)
        self.host.port.send(["body", number, None])

    async def _drain(self, number: int) -> None:
        self._drains[number] = waiting = self.host.loop.create_future()
        self.host.port.send(["drain", number])
        await waiting

    async def _finish(self, number: int, event: FetchEvent) -> None:
        try:
            for failure in await event._settle():
                self._fail(number, failure)
        except asyncio.CancelledError:
            _cancel_pending(event)
        sys.stdout.flush()
        sys.stderr.flush()
        self.host.port.send(["done", number])

    def _fail(self, number: int, error: BaseException) -> None:
        self.host.port.send(["error", number, report(error)])

    def _forget(self, number: int) -> None:
        self._tasks.pop(number, None)
        self._cancelled.discard(number)
        self._drains.pop(number, None)


def _cancel_pending(event: FetchEvent) -> None:
    for pending in event.pending:
        pending.cancel()


async def _pieces(body: str | bytes | AsyncIterator[str | bytes]) -> AsyncIterator[str | bytes]:
    if isinstance(body, (str, bytes)):
        for start in range(0, len(body), INLINE):
            yield body[start : start + INLINE]
        return
    async for chunk in body:
        if not isinstance(chunk, (str, bytes, bytearray, memoryview)):
            raise TypeError(f"a body's stream gave {type(chunk).__name__}: give str or bytes")
        piece = chunk if isinstance(chunk, str) else bytes(chunk)
        for start in range(0, len(piece), INLINE):
            yield piece[start : start + INLINE]
