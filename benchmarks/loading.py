"""What the embedded stand-ins take to load, all at once, as at the start with `preload`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from azrun.inference.embedded import embedded
from azrun.inference.local import LlamaBackend
from measure import Row, alone
from processes import cpu_seconds, proportional_mb

ROUNDS = 7


async def stand_ins() -> list[Row]:
    """Until all are ready, and what their workers then hold: memory that several of them share
    counts once."""
    seconds, cpu, memory = [], [], []
    names = ", ".join(embedded())
    for _ in range(ROUNDS):
        backends = [LlamaBackend(one.settings) for one in embedded().values()]
        started = time.perf_counter()
        await asyncio.gather(*(backend.load() for backend in backends))
        seconds.append(time.perf_counter() - started)
        workers = [backend.pid for backend in backends if backend.pid is not None]
        cpu.append(cpu_seconds(workers))
        memory.append(sum(map(proportional_mb, workers)))
        await asyncio.gather(*(backend.close() for backend in backends))
    row = alone("CPU time of that", 2, cpu, "s")
    return [
        alone(f"all stand-ins loaded ({names})", 1, seconds, "s"),
        Row(row.what, "–", "–", row.ours, "–", "–", None),
        alone("memory of their workers (PSS)", 300, memory, "MB"),
    ]


ROWS: dict[str, Callable[[], Any]] = {"stand-ins": stand_ins}
