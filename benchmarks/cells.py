"""Rows measured in this process: fresh cells, warm cells, streamed chunks."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

from azrun.bindings import Reply
from azrun.cells.engine import CellEngine
from azrun.cells.function import Function
from azrun.cells.invocation import Incoming, Invocation
from azrun.cells.pool import Pool
from measure import Row, alone, at_most
from peers import Talker, pyeryx

ROUNDS, CELLS, CHUNKS = 60, 20, 300
REST_SECONDS = 0.02  # after a peer's answer: what it goes on with in the background is over then
HELLO = """
def greet(name):
    return f"Hello, {name}!"

async def handle_request(request):
    return Response(greet("Ana"))
"""
STREAM = """
from azion import _host

async def handle_request(request):
    operation = _host.current().start("clock", {})
    await operation.reply()
    return Response(chunks(operation))

async def chunks(operation):
    async for chunk in operation:
        yield chunk
"""


def _function(source: str) -> Function:
    return Function("hello", Path("main.py"), source, "main.py")


class Cells:
    """An engine, and pools of one function each."""

    def __init__(self, source: str = HELLO) -> None:
        self.engine = CellEngine(2**29, 64, print)
        self.function = _function(source)

    def pool(self, bindings: dict[str, Any] | None = None) -> Pool:
        return Pool(self.engine, self.function, bindings or {}, lambda *said: print(*said))

    def begin(self, pool: Pool) -> Invocation:
        incoming = Incoming("GET", "http://localhost/hello", [("host", "localhost")])
        invocation = Invocation("x", self.function, incoming)
        pool.invoke(invocation)
        return invocation

    async def first_response(self, prewarmed: bool) -> float:
        """Milliseconds to a new pool's first answer; the function itself is known."""
        pool = self.pool()
        if prewarmed:
            await pool.warm()
        started = time.perf_counter()
        head = await self.begin(pool).head
        elapsed = (time.perf_counter() - started) * 1e3
        assert head.body == "Hello, Ana!"
        await pool.close()
        return elapsed


async def cold() -> list[Row]:
    """A cell that did not exist, and a prewarmed one, against a fresh sandbox of pyeryx."""
    cells = Cells()
    command = [str(pyeryx()), "pyeryx_fresh.py"]
    nothing, prepared = Talker(command, ERYX_WARM_INSTANCES="0"), Talker(command)
    times: dict[str, list[float]] = {"fresh": [], "ready": [], "nothing": [], "prepared": []}
    try:
        nothing.read()
        prepared.read()
        for _ in range(ROUNDS):
            times["fresh"].append(await cells.first_response(prewarmed=False))
            times["nothing"].append(await _ask(nothing))
            times["ready"].append(await cells.first_response(prewarmed=True))
            times["prepared"].append(await _ask(prepared))
    finally:
        nothing.end()
        prepared.end()
        cells.engine.close()
    return list(_first_response_rows({name: values[5:] for name, values in times.items()}))


async def _ask(peer: Talker) -> float:
    milliseconds = float(await asyncio.to_thread(peer.ask, ""))
    await asyncio.sleep(REST_SECONDS)
    return milliseconds


def _first_response_rows(times: dict[str, list[float]]) -> Iterator[Row]:
    peers = {
        "nothing": "pyeryx, nothing prepared",
        "prepared": "pyeryx as it comes, an instance prepared",
    }
    for what, ours, bar in (
        ("first response from a cell that did not exist", "fresh", 1.0),
        ("the same from a prewarmed cell", "ready", 0.3),
    ):
        for theirs, peer in peers.items():
            yield at_most(what, peer, bar, times[ours], times[theirs])


def _resident_mb(kind: str) -> float:
    """Resident memory of this process: VmRSS, or RssAnon, which leaves out the snapshot's pages
    that all cells share (VmRSS counts them once for each cell)."""
    lines = Path("/proc/self/status").read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024


async def memory() -> list[Row]:
    """What a further cell that has served a request keeps resident."""
    cells, pools, sizes = Cells(), [], []
    for _ in range(CELLS):
        before = _resident_mb("RssAnon")
        pool = cells.pool()
        await pool.warm()
        await cells.begin(pool).done
        sizes.append(_resident_mb("RssAnon") - before)
        pools.append(pool)
    for pool in pools:
        await pool.close()
    cells.engine.close()
    return [alone("memory that a further warm cell adds", 10, sizes[5:], "MB")]


async def chunk() -> list[Row]:
    """A chunk's way from a binding through the function's `async for` to its response's stream."""
    cells = Cells(STREAM)
    pool = cells.pool({"clock": _clock})
    await pool.warm()
    invocation = cells.begin(pool)
    await invocation.head
    delays = [
        (time.perf_counter() - float(text)) * 1e3
        async for piece in invocation.stream
        for text in str(piece).split()
    ]
    await pool.close()
    cells.engine.close()
    assert len(delays) == CHUNKS, statistics.mean(delays)
    return [alone("what the sandbox adds to one streamed chunk", 0.5, delays[20:], "ms")]


async def _clock(invocation: Invocation, params: dict[str, Any], body: Any) -> Reply:
    return Reply(None, _ticks())


async def _ticks() -> AsyncIterator[str]:
    for _ in range(CHUNKS):
        await asyncio.sleep(0.002)
        yield f"{time.perf_counter()} "


ROWS: dict[str, Callable[[], Any]] = {"cold": cold, "memory": memory, "chunk": chunk}
