from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

QUICK = """
[limits]
cpu_seconds = 0.25
memory_mb = 128
body_mb = 1
log_kb = 4
"""


@pytest.fixture
async def served(serve: Any) -> Any:
    return await serve("limits", "state", toml=QUICK)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("loop", "more than 0.25 s of CPU time"),
        ("loop_later", "more than 0.25 s of CPU time"),
        ("spin", "more than 0.25 s of CPU time"),
        ("prints", "more than 0.25 s of CPU time"),
        ("memory", "more than 128 MB of memory"),
        ("gigabyte", "more than 128 MB of memory"),
        ("recursion", "RecursionError: maximum recursion depth exceeded"),
        ("nesting", "nested too deeply"),
        ("large", "the response's body is over 1 MB"),
    ],
)
async def test_what_goes_past_a_limit_is_stopped(served: Any, name: str, says: str) -> None:
    assert says in await served.error(f"/limits/{name}")
    assert (await served.get("/limits/hello")).text == "hello"


@pytest.mark.parametrize("name", ["loop", "loop_later", "spin", "memory"])
async def test_other_requests_do_not_notice(served: Any, name: str) -> None:
    paths = [f"/limits/{name}", *["/limits/hello"] * 10, *["/state"] * 10]
    stopped, *others = await asyncio.gather(*(served.get(path) for path in paths))
    assert stopped.status_code == 500
    assert [response.status_code for response in others] == [200] * 20


async def test_the_error_names_the_limit_to_raise(served: Any) -> None:
    await served.get("/limits/hello")
    seen = {}
    served.project.endpoint._error_page, plain = (
        lambda error, *rest: seen.update(error=error) or plain(error, *rest),
        served.project.endpoint._error_page,
    )
    await served.get("/limits/loop")
    assert seen["error"].limit == "cpu_seconds"
    assert "raise cpu_seconds under [limits]" in seen["error"].hint


async def test_a_stopped_cell_is_replaced(served: Any) -> None:
    before = await served.get("/state")
    await served.get("/limits/loop")
    after = await served.get("/state")
    assert (before.json()["count"], after.json()["count"]) == (1, 2)
    assert not [cell for cell in served.pool("limits")._cells if not cell.usable]


async def test_work_that_outlives_its_request_is_stopped_too(served: Any) -> None:
    assert (await served.get("/limits/orphan")).text == "started"
    line = await served.observer.line("outlived its request")
    assert line[:3] == ("limits", "-", "error")


async def test_an_endless_stream_is_broken_off_at_the_body_limit(serve_on_socket: Any) -> None:
    served = await serve_on_socket("limits", toml=QUICK)
    with pytest.raises(Exception, match="incomplete|closed"):
        await served.get("/limits/endless")
    record = await served.observer.record("/limits/endless")
    assert record.error == "the response's body is over 1 MB"


async def test_what_a_request_prints_is_cut(served: Any) -> None:
    response = await served.get("/limits/prints_much")
    assert response.text == "printed"
    assert "more than 4 KB (log_kb): the rest is dropped" in served.observer.text
    assert len(served.observer.text) < 5000


async def test_what_a_module_prints_is_cut(serve: Any) -> None:
    source = "print('x' * 100_000)\nasync def handle_request(request): return Response('x')"
    served = await serve(chatty=source, toml=QUICK)
    assert (await served.get("/chatty")).text == "x"
    assert len(served.observer.text) < 5000


async def test_subrequests_are_counted(serve: Any) -> None:
    served = await serve("limits", "state")
    flood, *others = await asyncio.gather(
        served.get("/limits/subrequests"), *(served.get("/state") for _ in range(10))
    )
    assert "more than 50 subrequests" in " ".join(flood.json())
    assert [response.status_code for response in others] == [200] * 10


async def test_time_on_the_wall(serve: Any) -> None:
    served = await serve("limits", "state", toml="[limits]\nwall_seconds = 0.2\n")
    names = ("sleeps", "stubborn")
    errors = await asyncio.gather(*(served.error(f"/limits/{name}") for name in names))
    assert errors == ["the function took more than 0.2 s and was stopped"] * 2
    assert (await served.get("/limits/hello")).text == "hello"


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("while True: pass", "more than 0.2 s of CPU time to load"),
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
        ("def broken(:", "SyntaxError"),
        ("x = 1", "No fetch event listeners found"),
        ("raise SystemExit(1)", "SystemExit: 1"),
        ("x = bytearray(1 << 30)", "MemoryError"),
        (
            "def f(event): pass\nadd_event_listener('fetch', f)\nadd_event_listener('fetch', f)",
            "You can register just one",
        ),
    ],
)
async def test_a_function_that_does_not_load_answers_with_its_error(
    serve: Any, source: str, says: str
) -> None:
    served = await serve("state", toml="[limits]\ncold_start_seconds = 0.2\n", broken=source)
    assert says in await served.error("/broken")
    assert (await served.get("/state")).status_code == 200
