"""A server on loopback that answers as a test wrote down, byte for byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from azrun.inference.remote import Endpoint, RemoteBackend

Writer = asyncio.StreamWriter
Answer = bytes | Callable[[Writer], Awaitable[None]]


@dataclass
class Imitation:
    """`answers`: for each path, the whole response, or what writes it. A path that has none is
    404. `asked`: each request's path, headers and body."""

    answers: dict[str, Answer]
    asked: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)
    url: str = ""
    left: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def body(self) -> Any:
        return self.asked[-1][2]

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.asked]

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            first, *lines = head.strip().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
            data = await reader.readexactly(int(headers.get("content-length", 0)))
            path = first.split()[1]
            kept = {k: v for k, v in headers.items() if k in ("authorization", "accept-encoding")}
            self.asked.append((path, kept, json.loads(data) if data else None))
            answer = self.answers.get(path, response(b'{"detail":"Not Found"}', 404))
            if isinstance(answer, bytes):
                writer.write(answer)
                await writer.drain()
                return
            writing = asyncio.ensure_future(answer(writer))
            await asyncio.gather(reader.read(), return_exceptions=True)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            self.left.set()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # it left
        finally:
            writer.close()


def response(body: bytes | Any, status: int = 200, **headers: str) -> bytes:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Said", f"content-length: {len(data)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + data


def stream(*events: Any, end: bytes = b"data: [DONE]\n\n") -> bytes:
    """A whole streamed answer, which ends with its connection."""
    data = [e if isinstance(e, bytes) else b"data: " + json.dumps(e).encode() for e in events]
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n"
    return head + b"".join(event + b"\n\n" for event in data) + end


def delta(finish: str | None = None, index: int = 0, **fields: Any) -> dict[str, Any]:
    return {"choices": [{"index": index, "delta": fields, "finish_reason": finish}]}


@pytest.fixture
async def imitate() -> AsyncIterator[Callable[..., Awaitable[tuple[RemoteBackend, Imitation]]]]:
    """Starts an imitation, and a backend for its model `m`."""
    closing: list[Any] = []

    async def start(
        answers: dict[str, Answer], key: str | None = None, key_name: str | None = None
    ) -> tuple[RemoteBackend, Imitation]:
        one = Imitation(answers)
        server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
        one.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        backend = RemoteBackend(Endpoint(one.url, "m", key, key_name))
        closing.append((server, backend))
        return backend, one

    yield start
    for server, backend in closing:
        await backend.close()
        server.close()
