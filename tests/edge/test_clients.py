"""Clients that leave, and work that goes on."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

GONE = "client closed the connection"


async def send(served: Any, head: str, body: bytes = b"") -> tuple[Any, Any]:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(f"{head}\r\nhost: x\r\n\r\n".encode() + body)
    return reader, writer


async def test_a_client_that_leaves_in_mid_stream(serve_on_socket: Any) -> None:
    served = await serve_on_socket("streams", "state")
    reader, writer = await send(served, "GET /streams/ticks HTTP/1.1")
    await reader.readuntil(b"tick")
    writer.close()
    function, _, _, _ = await served.observer.line("ticks cancelled")
    assert function == "streams"
    assert (await served.observer.record("/streams/ticks")).error == GONE


async def test_a_client_that_leaves_before_the_answer(serve_on_socket: Any) -> None:
    served = await serve_on_socket("streams")
    _, writer = await send(served, "GET /streams/waits HTTP/1.1")
    await served.observer.line("handler started")
    writer.close()
    await served.observer.line("handler cancelled")
    record = await served.observer.record("/streams/waits")
    assert (record.error, record.status) == (GONE, 0)


async def test_a_client_that_leaves_after_its_upload(serve_on_socket: Any) -> None:
    served = await serve_on_socket("streams")
    head = "POST /streams/waits HTTP/1.1\r\ncontent-length: 300000"
    _, writer = await send(served, head, b"x" * 300_000)
    await served.observer.line("handler started")
    writer.close()
    await served.observer.line("handler cancelled")


async def test_a_client_that_leaves_within_its_upload(serve_on_socket: Any) -> None:
    served = await serve_on_socket("streams")
    head = "POST /streams/count HTTP/1.1\r\ncontent-length: 1000000"
    _, writer = await send(served, head, b"x" * 300_000)
    await writer.drain()
    writer.close()
    assert (await served.observer.record("/streams/count")).error == GONE
    assert (await served.get("/streams/ignores")).text == "not read"


async def test_a_client_that_leaves_within_a_small_upload(serve_on_socket: Any) -> None:
    served = await serve_on_socket("streams")
    _, writer = await send(served, "POST /streams/text HTTP/1.1\r\ncontent-length: 10", b"x")
    await writer.drain()
    writer.close()
    assert (await served.observer.record("/streams/text")).error == GONE


async def test_who_shares_the_cell_stays_when_a_client_leaves(serve_on_socket: Any) -> None:
    served = await serve_on_socket("state", "streams")
    assert (await served.get("/state")).json()["count"] == 1
    staying = asyncio.create_task(served.get("/state/sleep"))
    _, writer = await send(served, "GET /state/sleep HTTP/1.1")
    await writer.drain()
    writer.close()
    assert (await staying).status_code == 200
    assert (await served.get("/state")).json()["count"] == 4


async def test_work_goes_on_after_the_response(serve: Any) -> None:
    served = await serve("background")
    response = await served.get("/background/0.1")
    assert response.text == "answered"
    assert not served.observer.lines
    line = await served.observer.line("background work done")
    assert line[1] == response.headers["x-request-id"]


async def test_work_that_fails_after_the_response_is_logged(serve: Any) -> None:
    served = await serve("background")
    response = await served.get("/background/fails")
    assert response.text == "answered"
    _, id, level, text = await served.observer.line("background trouble")
    assert (id, level) == (response.headers["x-request-id"], "error")
    assert "Traceback" in text


async def test_work_is_stopped_when_its_time_is_over(serve: Any) -> None:
    served = await serve("background", toml="[limits]\nwall_seconds = 0.2\n")
    assert (await served.get("/background/3600")).text == "answered"
    await served.observer.line("background work cancelled")
    await served.observer.line("took more than 0.2 s")


async def test_the_end_waits_for_what_is_under_way(serve_on_socket: Any) -> None:
    source = """
import asyncio
async def handle_request(request):
    console.log("begun")
    await asyncio.sleep(0.2)
    return Response("served to its end")
"""
    served = await serve_on_socket("background", slow=source)
    await served.get("/background/0.4")
    answer = asyncio.create_task(served.get("/slow"))
    await served.observer.line("begun")
    await served.stop()
    assert (await answer).text == "served to its end"
    assert "background work done" in served.observer.text
