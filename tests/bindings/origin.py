"""A server on loopback for functions to fetch from."""

from __future__ import annotations

import asyncio
import gzip
import json
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Origin:
    """A server on the loopback interface; `answer` is called with each request's raw head."""

    requests: list[tuple[str, bytes]] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower():
                body = await read_body(head, reader)
                self.requests.append((head, body))
                await self.answer(head, body, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            self.ended.set()
        finally:
            writer.close()

    async def answer(self, head: str, body: bytes, writer: asyncio.StreamWriter) -> None:
        target = head.split()[1]
        kind, _, rest = target.strip("/").partition("/")
        await getattr(self, f"on_{kind}")(rest, head, body, writer)

    async def on_echo(self, rest: str, head: str, body: bytes, writer: Any) -> None:
        answer = {"head": head, "body": body.decode()}
        await respond(writer, json.dumps(answer).encode(), "content-type: application/json\r\n")

    async def on_to(self, rest: str, head: str, body: bytes, writer: Any) -> None:
        status, _, location = rest.partition("/")
        await respond(writer, b"moved", f"location: {location}\r\n", int(status))

    async def on_around(self, rest: str, head: str, body: bytes, writer: Any) -> None:
        await respond(writer, b"", f"location: /around/{int(rest) + 1}\r\n", 302)

    async def on_gzip(self, rest: str, head: str, body: bytes, writer: Any) -> None:
        await respond(writer, gzip.compress(b"plain " * 1000), "content-encoding: gzip\r\n")

    async def on_silent(self, rest: str, head: str, body: bytes, writer: Any) -> None:
        await asyncio.Event().wait()

    async def on_broken(self, rest: str, head: str, body: bytes, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nonly this")
        raise ConnectionError

    async def on_nonsense(self, rest: str, head: str, body: bytes, writer: Any) -> None:
        writer.write(b"nonsense\r\n\r\n")

    async def on_large(self, rest: str, head: str, body: bytes, writer: Any) -> None:
        size = int(rest)
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-length: {size}\r\n\r\n".encode())
        for start in range(0, size, 65536):
            writer.write(b"x" * min(65536, size - start))
            await writer.drain()

    async def on_endless(self, rest: str, head: str, body: bytes, writer: Any) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async def on_count(self, rest: str, head: str, body: bytes, writer: Any) -> None:
        await respond(writer, str(len(body)).encode())


async def read_body(head: str, reader: asyncio.StreamReader) -> bytes:
    if "transfer-encoding: chunked" in head:
        body = b""
        while size := int(await reader.readline(), 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return body
    length = [line for line in head.splitlines() if line.startswith("content-length:")]
    return await reader.readexactly(int(length[0].partition(":")[2])) if length else b""


async def respond(writer: Any, body: bytes, headers: str = "", status: int = 200) -> None:
    head = f"HTTP/1.1 {status} Fine\r\n{headers}content-length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)
    await writer.drain()
