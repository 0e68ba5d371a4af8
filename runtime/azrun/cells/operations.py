"""Operations that left a cell: each runs as one task, and answers as messages."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import aclosing
from typing import Any

from azrun.bindings import Binding, OperationError, Reply
from azrun.cells.invocation import Invocation
from azrun.errors import AzrunError

AT_ONCE = 1024  # operations of one cell
REFUSED = 10_000  # operations of one request, before its cell is stopped
PIECE = 256 << 10  # bytes of a chunk in one message
WINDOW = 64  # chunks under way to the guest before it must say that it took some
ACKNOWLEDGED = 32  # chunks that one "more" of the guest stands for

Send = Callable[[Invocation | None, list[Any]], None]
Room = Callable[[], Awaitable[None]]  # waits while the guest has too much unread


def pack(data: Any) -> Any:
    """Bytes as base64 in a list of one, everything else as it is."""
    if isinstance(data, (bytes, bytearray)):
        return [base64.b64encode(data).decode("ascii")]
    return data


def unpack(data: Any) -> str | bytes:
    if isinstance(data, list):
        return base64.b64decode(data[0])
    if isinstance(data, str):
        return data
    raise TypeError(f"neither text nor bytes: {type(data).__name__}")


def _pieces(chunk: Any) -> Iterator[Any]:
    if not isinstance(chunk, (bytes, str)) or len(chunk) <= PIECE:
        yield chunk
        return
    for start in range(0, len(chunk), PIECE):
        yield chunk[start : start + PIECE]


class Upload:
    """A body that the function sends: pulled from the guest piece by piece."""

    def __init__(self, pull: Callable[[], None]) -> None:
        self._pull = pull
        self._piece: asyncio.Future[bytes | None] | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self._piece = asyncio.get_running_loop().create_future()
            self._pull()
            piece = await self._piece
            if piece is None:
                return
            yield piece

    def give(self, data: Any) -> None:
        if self._piece is not None and not self._piece.done():
            piece = None if data is None else unpack(data)
            self._piece.set_result(piece.encode() if isinstance(piece, str) else piece)

    def spoil(self, message: str) -> None:
        if self._piece is not None and not self._piece.done():
            self._piece.set_exception(OperationError("TypeError", message))


class _Running:
    """One operation under way."""

    def __init__(self, upload: Upload | None) -> None:
        self.upload = upload
        self.window = asyncio.Semaphore(WINDOW)
        self.unacknowledged = 0
        self.task: asyncio.Task[None] | None = None


class Operations:
    """All operations under way for one cell."""

    def __init__(self, bindings: Mapping[str, Binding], send: Send, room: Room) -> None:
        self._bindings, self._send, self._room = bindings, send, room
        self._running: dict[int, _Running] = {}
        self._of: dict[Invocation, set[int]] = {}

    def start(
        self, invocation: Invocation, number: int, name: str, params: Any, uploads: bool
    ) -> None:
        if number in self._running:
            raise ValueError("an operation's number used twice")
        if invocation.refused_operations > REFUSED:
            raise ValueError(f"more than {REFUSED:,} operations refused in one request")
        binding = self._bindings.get(name)
        if binding is None or not isinstance(params, dict):
            invocation.refused_operations += 1
            self._fail(invocation, number, "TypeError", f"azrun has no operation {name!r}")
        elif len(self._running) >= AT_ONCE:
            invocation.refused_operations += 1
            self._fail(
                invocation, number, "Error",
                f"too many operations at once: a cell may have {AT_ONCE}. Await some first.",
            )  # fmt: skip
        else:
            upload = Upload(lambda: self._send(invocation, ["pull", number])) if uploads else None
            running = self._running[number] = _Running(upload)
            self._of.setdefault(invocation, set()).add(number)
            work = self._run(running, invocation, number, binding, params)
            running.task = asyncio.get_running_loop().create_task(work)
            running.task.add_done_callback(lambda _: self._forget(invocation, number))

    def more(self, number: int) -> None:
        running = self._running.get(number)
        if running is not None:
            running.unacknowledged -= ACKNOWLEDGED
            if running.unacknowledged < 0:
                raise ValueError("more chunks acknowledged than sent")
            for _ in range(ACKNOWLEDGED):
                running.window.release()

    def piece(self, number: int, data: Any) -> None:
        running = self._running.get(number)
        if running is not None and running.upload is not None:
            running.upload.give(data)

    def spoiled(self, number: int, message: str) -> None:
        running = self._running.get(number)
        if running is not None and running.upload is not None:
            running.upload.spoil(str(message))

    def drop(self, number: int) -> None:
        running = self._running.get(number)
        if running is not None and running.task is not None:
            running.task.cancel()

    def drop_all(self, invocation: Invocation) -> None:
        for number in list(self._of.pop(invocation, ())):
            self.drop(number)

    def close(self) -> None:
        for number in list(self._running):
            self.drop(number)

    async def _run(
        self,
        running: _Running,
        invocation: Invocation,
        number: int,
        binding: Binding,
        params: dict[str, Any],
    ) -> None:
        try:
            body = aiter(running.upload) if running.upload is not None else None
            reply = await binding(invocation, params, body)
            await self._deliver(running, invocation, number, reply)
        except OperationError as error:
            self._fail(invocation, number, error.name, error.message)
        except AzrunError as error:
            self._fail(invocation, number, "Error", f"{error.message} {error.hint}".strip())
        except Exception as error:
            self._fail(invocation, number, "Error", f"{type(error).__name__}: {error}")
            raise

    def _forget(self, invocation: Invocation, number: int) -> None:
        """Also of one that was cancelled before its first step."""
        self._running.pop(number, None)
        self._of.get(invocation, set()).discard(number)

    async def _deliver(
        self, running: _Running, invocation: Invocation, number: int, reply: Reply
    ) -> None:
        if reply.chunks is None:
            self._send(invocation, ["reply", number, reply.value, False])
            return
        self._send(invocation, ["reply", number, reply.value, True])
        async with aclosing(reply.chunks) as chunks:  # type: ignore[type-var]
            async for chunk in chunks:
                for piece in _pieces(chunk):
                    await running.window.acquire()
                    await self._room()
                    running.unacknowledged += 1
                    self._send(invocation, ["chunk", number, pack(piece)])
        self._send(invocation, ["end", number])

    def _fail(self, invocation: Invocation, number: int, name: str, message: str) -> None:
        self._send(invocation, ["fail", number, name, message])
