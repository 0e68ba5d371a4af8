"""One cell: one sandbox instance that runs one function for several invocations at once."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import Any, Protocol

from azrun.bindings import Binding
from azrun.cells.engine import CellEngine
from azrun.cells.function import Function
from azrun.cells.headers import BadHeader, encode_header
from azrun.cells.invocation import Head, Invocation
from azrun.cells.limits import body_exceeded, load_error, memory_exceeded, outlived
from azrun.cells.meter import Account
from azrun.cells.operations import Operations, pack, unpack
from azrun.cells.thread import CPU, CellThread
from azrun.errors import FunctionError, HandlerError, LoadError

_NULL_BODY = frozenset({204, 205, 304})
STREAMED = 8192  # chunks of a response that wait for its client; the guest sends fewer
MESSAGE, TRACEBACK = 2_000, 64_000  # characters kept of what a function's error says
LOAD_WALL_FACTOR = 10  # a load may wait (for the machine, or asleep) this much of its CPU limit


class Guilt(IntEnum):
    """Whether an invocation is the cause of its cell's end. A slice of computing that one
    invocation's message began may have run another's code: only the last one left is sure."""

    NONE = 0
    SUSPECT = 1
    SURE = 2


class Owner(Protocol):
    """Who made the cell, and hears of its end and of what its function says."""

    def lost(self, cell: Cell, invocation: Invocation, reason: str, guilt: Guilt) -> None: ...
    def finished(self, cell: Cell) -> None: ...
    def log(self, invocation: Invocation | None, level: str, text: str) -> None: ...


class Cell:
    """Serves once `ready` has returned; never again once `usable` is false."""

    def __init__(
        self,
        engine: CellEngine,
        function: Function,
        bindings: Mapping[str, Binding],
        owner: Owner,
    ) -> None:
        self.function, self._owner = function, owner
        self._numbers = itertools.count(1)
        self._invocations: dict[int, Invocation] = {}
        self._number_of: dict[Invocation, int] = {}
        self._operations = Operations(bindings, self._put, self._room)
        loop = asyncio.get_running_loop()
        self._ready: asyncio.Future[None] = loop.create_future()
        self.ended: asyncio.Future[None] = loop.create_future()
        self.created = time.perf_counter()
        self.log_bytes = 0  # of what it says outside requests
        self.usable = False
        self.alone = False  # the pool's word that it is for one invocation
        self.served = 0
        self.last_used = self.created
        self._thread = CellThread(engine, function, self._on_message, self._on_end, self._under_way)

    @property
    def under_way(self) -> int:
        """Invocations in this cell."""
        return len(self._invocations)

    @property
    def computing_since(self) -> float:
        """`time.perf_counter()` when the guest last began to compute, 0.0 while it waits."""
        return self._thread.computing_since

    def start(self) -> None:
        """Begins to instantiate and to load the function."""
        function = self.function
        load = ["load", function.name, function.filename, function.source]
        self._put(None, [*load, function.args, dict(function.env), function.compiled.code])
        self._thread.start()

    async def ready(self) -> None:
        """Waits until the function is loaded. Raises LoadError or LimitExceeded."""
        limits = self.function.limits
        try:
            async with asyncio.timeout(LOAD_WALL_FACTOR * limits.cold_start_seconds):
                await asyncio.shield(self._ready)
        except TimeoutError:
            self.kill("it did not load in time")
            await self._ready

    def begin(self, invocation: Invocation) -> None:
        """Hands the invocation to the guest."""
        number = next(self._numbers)
        self._invocations[number] = invocation
        self._number_of[invocation] = number
        incoming = invocation.incoming
        inline = incoming.body is None or isinstance(incoming.body, bytes)
        body = pack(incoming.body) if inline else True
        message = ["fetch", number, incoming.method, incoming.url, incoming.headers, body]
        self._put(invocation, [*message, incoming.metadata])

    def cancel(self, invocation: Invocation) -> None:
        """Cancels the handler and all that it waits for."""
        number = self._number_of.get(invocation)
        if number is not None:
            self._operations.drop_all(invocation)
            self._put(invocation, ["cancel", number])

    def retire(self) -> None:
        """Takes no further invocation; ends once those under way are done."""
        self.usable = False
        if not self._invocations:
            self._thread.stop()

    def stop(self) -> None:
        """Ends the cell; invocations still under way are lost."""
        self.usable = False
        self._thread.stop()

    def kill(self, reason: str) -> None:
        self.usable = False
        self._thread.kill(reason)

    def _put(self, invocation: Invocation | None, message: list[Any]) -> None:
        self._thread.put(invocation, message)

    async def _room(self) -> None:
        await self._thread.room()

    def _under_way(self) -> list[Account]:
        return list(self._invocations.values())

    # What the guest says:

    def _on_message(self, message: list[Any]) -> None:
        kind, number, *rest = message
        if kind in ("ready", "failed"):
            self._loaded(kind == "ready", number)
        elif kind in ("more", "piece", "spoiled", "drop"):
            getattr(self._operations, kind)(number, *rest)
        elif kind == "op":
            self._operation(number, *rest)
        elif kind == "log":
            self._log(self._invocations.get(number), *rest)
        else:
            about, invocation = self._ABOUT[kind], self._invocations.get(number)
            if invocation is not None:
                about(self, invocation, *rest)

    def _loaded(self, ready: bool, detail: Any) -> None:
        if self._ready.done():
            raise ValueError("a second load")
        if ready:
            self.function.compiled.code = detail or self.function.compiled.code
            self.usable = True
            self._thread.loaded()
            self._ready.set_result(None)
        else:
            text = _clipped(f"{detail['name']}: {detail['message']}", MESSAGE)
            self._ready.set_exception(LoadError(text, "", detail))
            self._thread.stop()

    def _operation(self, op: int, number: int, name: str, params: Any, uploads: bool) -> None:
        invocation = self._invocations.get(number)
        if invocation is None:  # outside a request, where Azion has no operations either
            text = "this works only while a request is served, not at module level"
            self._put(None, ["fail", op, "Error", text])
        else:
            invocation.touched = True
            self._operations.start(invocation, op, name, params, uploads)

    def _head(
        self, invocation: Invocation, status: int, reason: str, headers: Any, body: Any
    ) -> None:
        """`body` is None, complete, True while chunks follow, or the least size of what follows."""
        invocation.touched = True
        if not isinstance(status, int) or not 200 <= status <= 599:
            raise ValueError(f"status {status!r}")
        streams = isinstance(body, int) and status not in _NULL_BODY
        content = None if streams or body is None or status in _NULL_BODY else unpack(body)
        size = int(body) if streams else len(content or ())
        if size > invocation.limits.body_bytes:
            self._refuse(invocation, body_exceeded(invocation.limits.body_mb))
            return
        try:
            encoded = [encode_header(str(name), str(value)) for name, value in headers]
        except BadHeader as error:
            self._refuse(invocation, HandlerError(str(error)))
            return
        invocation.answer(Head(status, str(reason), encoded, content, streams))

    def _body(self, invocation: Invocation, data: Any) -> None:
        if invocation.error is not None:
            return
        if data is None:
            invocation.stream.put(None)
            return
        chunk = unpack(data)
        if len(invocation.stream) > STREAMED:
            raise ValueError("a stream that does not wait for its client")
        invocation.streamed_bytes += len(chunk)
        if invocation.streamed_bytes > invocation.limits.body_bytes:
            self._refuse(invocation, body_exceeded(invocation.limits.body_mb))
        else:
            invocation.stream.put(chunk)

    def _refuse(self, invocation: Invocation, error: FunctionError) -> None:
        """The function's answer cannot go out: an error does, and the handler is cancelled."""
        if isinstance(error, HandlerError):
            self._owner.log(invocation, "error", error.message)
        invocation.fail(error)
        self.cancel(invocation)

    def _drain(self, invocation: Invocation) -> None:
        taken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        number = self._number_of[invocation]
        if len(invocation.stream) > STREAMED:
            raise ValueError("a stream that does not wait for its client")
        taken.add_done_callback(lambda _: self._put(invocation, ["drained", number]))
        invocation.stream.put(taken)

    def _error(self, invocation: Invocation, detail: Any) -> None:
        name, text = str(detail["name"]), str(detail["message"])
        traceback = _clipped(str(detail["traceback"]).rstrip(), TRACEBACK)
        if invocation.error is None:
            self._owner.log(invocation, "error", traceback)
        else:  # one after another: they pay like what is printed
            self._log(invocation, "error", traceback)
        if name == "MemoryError":
            self.usable = False
            invocation.fail(memory_exceeded(invocation.limits.memory_mb))
        else:
            text = _clipped(f"{name}: {text}" if text else name, MESSAGE)
            invocation.fail(HandlerError(text, "", detail))

    def _done(self, invocation: Invocation) -> None:
        self._release(invocation)
        self.served += 1
        self.last_used = time.perf_counter()
        if not invocation.head.done():
            invocation.fail(HandlerError("the function ended without an answer"))
        invocation.finish()
        if not self.usable:
            self.retire()

    def _log(self, invocation: Invocation | None, level: str, text: str) -> None:
        teller = self if invocation is None else invocation
        limit, text = self.function.limits.log_kb * 1024, str(text)
        if teller.log_bytes > limit:
            return
        room = limit - teller.log_bytes
        teller.log_bytes += len(text)
        if len(text) > room:
            text = f"{text[:room]}… more than {limit >> 10} KB (log_kb): the rest is dropped"
        self._owner.log(invocation, str(level), text)

    def _release(self, invocation: Invocation) -> None:
        self._operations.drop_all(invocation)
        self._invocations.pop(self._number_of.pop(invocation), None)

    def _on_end(self, reason: str) -> None:
        self.usable = False
        suspects = self._thread.suspects
        if not self._ready.done():
            self._ready.set_exception(load_error(reason, self.function))
        elif reason == CPU and not self._invocations:
            self._owner.log(None, "error", outlived(self.function.limits.cpu_seconds).message)
        self._ready.exception()  # looked at: who made the cell may have gone
        under_way = list(self._invocations.values())
        for invocation in under_way:
            self._release(invocation)
            guilt = Guilt.SURE if len(under_way) == 1 else Guilt(invocation in suspects)
            self._owner.lost(self, invocation, reason, guilt)
        self._operations.close()
        self.ended.set_result(None)
        self._owner.finished(self)

    _ABOUT: Mapping[str, Callable[..., None]] = {
        "head": _head,
        "body": _body,
        "drain": _drain,
        "error": _error,
        "done": _done,
    }


def _clipped(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]} …"
