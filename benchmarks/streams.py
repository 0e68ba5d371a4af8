"""The load: streamed chat completions over plain sockets, timed as their bytes arrive.

It shares the machine's cores with the server it measures, so it parses nothing it need not.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

TOKEN = re.compile(rb'"content":\s?"[^"]')
COMPLETION = re.compile(rb'"completion_tokens":\s?(\d+)')
CACHED = re.compile(rb'"cached_tokens":\s?(\d+)')
LONGEST_END = 4096


@dataclass(frozen=True)
class Target:
    """A server to ask: `prefix` goes before OpenAI's paths, `model` is the id it knows."""

    url: str
    prefix: str
    model: str

    def request(self, path: str, body: dict[str, Any]) -> bytes:
        text = json.dumps({"model": self.model} | body).encode()
        head = (
            f"POST {self.prefix}{path} HTTP/1.1\r\nhost: {self._address[0]}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(text)}\r\n"
            "connection: close\r\n\r\n"
        )
        return head.encode() + text

    @property
    def _address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        assert parts.port is not None
        return parts.hostname, parts.port

    async def send(self, answer: Answer) -> Answer:
        """The answer, once its connection is closed."""
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: answer, *self._address)
        await answer.done
        return answer


def _future() -> asyncio.Future[None]:
    return asyncio.get_running_loop().create_future()


@dataclass(eq=False)
class Answer(asyncio.Protocol):
    """One request and what came back: `arrivals` from the first token on, `sent` and `ended` in
    `time.perf_counter`'s seconds."""

    request: bytes
    sent: float = 0.0
    ended: float = 0.0
    size: int = 0
    arrivals: list[float] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Future[None] = field(default_factory=_future)
    _begin: bytes = b""
    _end: bytes = b""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport
        self.sent = time.perf_counter()
        transport.write(self.request)

    def leave(self) -> None:
        """Close the connection, whatever is still to come."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        now = time.perf_counter()
        self.size += len(data)
        self._end = (self._end + data)[-LONGEST_END:] if len(data) < LONGEST_END else data
        if not self.arrivals:
            self._begin += data[:LONGEST_END]
            if TOKEN.search(self._begin) is None:
                return
            self.begun.set()
        self.arrivals.append(now)

    def connection_lost(self, error: Exception | None) -> None:
        self.ended = time.perf_counter()
        self.begun.set()
        if error is None:
            self.done.set_result(None)
        else:
            self.done.set_exception(error)

    def check(self) -> None:
        if not self._begin.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the server answered {self._begin[:2000]!r}")

    def tokens(self) -> int:
        """As the server's usage counts them."""
        self.check()
        return int(COMPLETION.findall(self._end)[-1])

    def cached(self) -> int:
        found = CACHED.findall(self._end)
        return int(found[-1]) if found else 0

    def first_token(self) -> float:
        """Milliseconds from sending the request."""
        return (self.arrivals[0] - self.sent) * 1e3


def chat(target: Target, prompt: str, max_tokens: int) -> Answer:
    """A streamed chat completion as a client with usual settings asks for it."""
    body = {
        "messages": [{"role": "user", "content": prompt}],
        "max_tokens": max_tokens,
        "temperature": 0.8,
        "top_k": 40,
        "top_p": 0.95,
        "seed": 7,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    return Answer(target.request("/chat/completions", body))


async def together(target: Target, prompts: list[str], max_tokens: int) -> list[Answer]:
    """One stream a prompt, all at once."""
    answers = [chat(target, prompt, max_tokens) for prompt in prompts]
    await asyncio.gather(*(target.send(answer) for answer in answers))
    for answer in answers:
        assert answer.tokens() == max_tokens, answer.tokens()
    return answers
