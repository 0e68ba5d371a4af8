from __future__ import annotations

import asyncio
import gc
import resource
import threading
from pathlib import Path
from typing import Any

import pytest

from azrun.cells.engine import CellEngine
from azrun.cells.function import Function
from azrun.cells.invocation import Incoming, Invocation
from azrun.cells.pool import Pool
from azrun.errors import Overloaded

pytestmark = pytest.mark.anyio

APART = 'isolation = "request"\n'


async def test_state_survives_in_a_cell(serve: Any) -> None:
    served = await serve("state")
    counts = [(await served.get("/state")).json()["count"] for _ in range(3)]
    assert counts == [1, 2, 3]


async def test_state_does_not_survive_a_request(serve: Any) -> None:
    served = await serve("state", toml=APART)
    answers = await asyncio.gather(*(served.get("/state") for _ in range(20)))
    assert [answer.json()["count"] for answer in answers] == [1] * 20


async def test_isolation_is_a_functions_own(serve: Any, make_project: Any) -> None:
    source = (Path(__file__).parents[1] / "guests" / "state.py").read_text()
    served = await serve("state", other=source, toml='[functions.other]\nisolation = "request"\n')
    assert [(await served.get("/state")).json()["count"] for _ in range(2)] == [1, 2]
    assert [(await served.get("/other")).json()["count"] for _ in range(2)] == [1, 1]


async def test_fifty_requests_meet_in_one_cell(serve: Any) -> None:
    served = await serve("state", toml="[limits]\nwall_seconds = 20\n")
    answers = await asyncio.gather(*(served.get("/state/meet") for _ in range(50)))
    assert [answer.json()["count"] for answer in answers] == [50] * 50
    assert len(served.pool("state")._cells) == 1


async def test_a_cell_takes_no_more_than_its_share(serve: Any) -> None:
    served = await serve("state")
    answers = await asyncio.gather(*(served.get("/state/sleep") for _ in range(150)))
    assert [answer.status_code for answer in answers] == [200] * 150
    assert len(served.pool("state")._cells) >= 3


async def test_alone_there_are_never_more_than_the_cap(serve: Any) -> None:
    served = await serve("state", toml=APART)
    requests = [asyncio.create_task(served.get("/state/sleep")) for _ in range(100)]
    most = 0
    while not all(request.done() for request in requests):
        most = max(most, len(served.pool("state")._cells))
        await asyncio.wait(requests, timeout=0.02)
    assert {request.result().json()["most"] for request in requests} == {1}
    assert most <= 64


async def test_cells_are_made_before_they_are_needed(serve: Any) -> None:
    served = await serve("state", toml=APART)
    await asyncio.gather(*served.pool("state")._tasks)
    assert len(served.pool("state")._spare) == 4
    await served.get("/state")
    assert not (await served.observer.record("/state")).cold


async def test_memory_and_threads_come_back(serve: Any) -> None:
    served = await serve("state", toml=APART)
    for _ in range(20):
        await served.get("/state")
    before = _resident()
    for _ in range(200):
        await served.get("/state")
    gc.collect()
    assert _resident() - before < 100 << 20
    await served.pool("state").close()
    cells = [t for t in threading.enumerate() if t.name == "cell-state"]
    for thread in cells:
        thread.join(5)
    assert not any(thread.is_alive() for thread in cells)


async def test_without_a_free_cell_requests_wait_for_those_of_their_own_function() -> None:
    engine = CellEngine(2**29, 2)
    source = "import asyncio\nasync def handle_request(request):\n    await asyncio.sleep(0.01)\n"
    source += "    return Response('served')"
    function = Function("one", Path("one.py"), source, "one.py", isolation="request")
    pool = Pool(engine, function, {}, lambda *said: None)
    await pool.warm()
    requests = [Invocation("x", function, Incoming("GET", "http://x/", [])) for _ in range(6)]
    for request in requests:
        pool.invoke(request)
    heads = await asyncio.gather(*(request.head for request in requests))
    assert [head.body for head in heads] == ["served"] * 6
    await pool.close()
    engine.close()


async def test_without_any_cell_a_function_says_so() -> None:
    engine = CellEngine(2**29, 1)
    function = Function("one", Path("one.py"), "async def handle_request(r): ...", "one.py")
    first, second = (Pool(engine, function, {}, lambda *said: None) for _ in range(2))
    await first.warm()
    with pytest.raises(Overloaded, match="in use"):
        await second.warm()
    for pool in (first, second):
        await pool.close()
    engine.close()


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()
