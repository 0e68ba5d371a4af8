from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

MANY = "[limits]\nlog_kb = 10000\n"


async def test_twenty_megabytes_go_in_and_come_out(serve_on_socket: Any) -> None:
    served = await serve_on_socket("streams", toml="[limits]\ncpu_seconds = 20\n")
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    piece, number = b"0123456789abcdef" * 4096, 320

    async def send() -> None:
        writer.write(b"POST /streams/echo HTTP/1.1\r\nhost: x\r\nconnection: close\r\n")
        writer.write(f"content-length: {number * len(piece)}\r\n\r\n".encode())
        for _ in range(number):
            writer.write(piece)
            await writer.drain()

    sending = asyncio.create_task(send())
    head = await reader.readuntil(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    echoed = [chunk async for chunk in chunks(reader)]
    await sending
    writer.close()
    assert b"".join(echoed) == piece * number


async def chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """A chunked body's chunks."""
    while size := int(await reader.readline(), 16):
        yield await reader.readexactly(size)
        await reader.readline()


async def test_a_large_body_of_known_length(serve: Any) -> None:
    served = await serve("streams")
    response = await served.post("/streams/count", content=b"x" * 3_000_000)
    assert response.text == "3000000"


async def test_text_keeps_its_characters_across_chunks(serve: Any) -> None:
    served = await serve("streams")
    text = "çã\U0001f600" * 60_000
    assert (await served.post("/streams/text", content=text.encode())).text == text


async def test_a_body_that_nobody_reads(serve_on_socket: Any) -> None:
    served = await serve_on_socket("streams")
    response = await served.post("/streams/ignores", content=b"x" * 1_000_000)
    assert response.text == "not read"


async def test_a_slow_client_holds_the_function_back(serve_on_socket: Any) -> None:
    served = await serve_on_socket("streams", toml=MANY)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, limit=1024)
    writer.write(b"GET /streams/watched HTTP/1.1\r\nhost: x\r\n\r\n")
    await reader.readexactly(100)
    await _settled(served.observer)
    assert len(served.observer.lines) < 800  # of 1600 chunks of 64 KB; the rest waits
    writer.close()
    await served.observer.line("stream closed")


async def _settled(observer: Any) -> None:
    """Returns once nothing more is logged for a while."""
    seen = -1
    while seen != len(observer.lines):
        seen = len(observer.lines)
        await asyncio.wait([asyncio.ensure_future(observer.line("never"))], timeout=0.5)


async def test_a_stream_that_breaks_shows_as_broken(serve_on_socket: Any) -> None:
    served = await serve_on_socket("streams")
    with pytest.raises(Exception, match="incomplete|closed"):
        await served.get("/streams/breaks")
    record = await served.observer.record("/streams/breaks")
    assert record.error == "ValueError: broken inside"


async def test_an_event_stream_that_breaks_ends_with_an_error_event(serve: Any) -> None:
    served = await serve("streams")
    response = await served.get("/streams/events")
    assert response.text.startswith("data: 1\n\ndata: ")
    assert "ValueError: broken inside" in response.text


async def test_chunks_of_another_type(serve_on_socket: Any) -> None:
    served = await serve_on_socket("streams")
    with pytest.raises(Exception, match="incomplete|closed"):
        await served.get("/streams/wrong_chunks")
    await served.observer.line("gave int")


async def test_head_has_no_body(serve: Any) -> None:
    served = await serve("streams")
    response = await served.client.head("/streams/ignores")
    assert (response.content, response.headers["content-length"]) == (b"", "8")
