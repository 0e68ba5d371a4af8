from __future__ import annotations

import asyncio
import random
import socket
from contextlib import aclosing, suppress
from typing import Any

import pytest

from azrun.inference.errors import (
    InferenceError,
    InvalidRequest,
    ModelLoadError,
)
from azrun.inference.remote import Endpoint, RemoteBackend
from azrun.inference.remote.events import LONGEST_LINE

from .asking import CHAT, HI, USAGE, answer
from .conftest import delta, response, stream

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("served", "says"),
    [
        (stream(end=b""), "ended before it was complete"),
        (stream(delta(content="a"), end=b""), "ended before it was complete"),
        (stream(b"data: {"), "did not answer as OpenAI's API does"),
        (stream(b"data: []"), "did not answer as OpenAI's API does"),
        (stream(delta(content=7)), r"did not answer .* choices\.0\.delta\.content"),
        (stream(b"data: " + b'{"a":' * 9000), "did not answer as OpenAI's API does"),
        (stream(delta(index=9, content="a")), "sent answer 9 of 1"),
        (stream(delta(index=-1, content="a")), "did not answer as OpenAI's API does"),
        (stream({"error": {"message": "oh", "code": 500}}), "answered 500: oh"),
        (stream({"error": "oh"}), "answered 500: oh"),
        (stream(delta(tool_calls=[{"function": {"arguments": "{"}}])), "calls that cannot be read"),
        (response(b"<html>hello</html>"), "ended before it was complete"),
        (response({"choices": []}), "ended before it was complete"),
        (response(b"\x1f\x8b", content_encoding="gzip"), "compresses its answer"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\ndata: ", "broke off"),
        (b"garbage\r\n\r\n", "broke off"),
        (b"", "broke off"),
    ],
)
async def test_garbage(imitate: Any, served: bytes, says: str) -> None:
    backend, _ = await imitate({CHAT: served})
    with pytest.raises(InferenceError, match=says):
        await answer(backend)
    assert backend.stats.running == 0


async def test_an_error_inside_a_stream_has_its_meaning(imitate: Any) -> None:
    event = {"error": {"code": 400, "message": "the request exceeds the context"}}
    backend, _ = await imitate({CHAT: stream(event)})
    with pytest.raises(InvalidRequest, match="exceeds the context"):
        await answer(backend)


async def test_too_many_tool_calls(imitate: Any) -> None:
    calls = [{"index": n, "id": f"{n}", "function": {"name": "f"}} for n in range(1000)]
    backend, _ = await imitate({CHAT: stream(delta(tool_calls=calls))})
    with pytest.raises(InferenceError, match="tool calls that cannot be read"):
        await answer(backend)


async def test_a_line_without_end(imitate: Any) -> None:
    sent = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(stream(end=b"data: "))
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    backend, server = await imitate({CHAT: endless})
    with pytest.raises(InferenceError, match="a line of over 4 MB"):
        await answer(backend)
    await asyncio.wait_for(server.left.wait(), 5)
    assert sent < 4 * LONGEST_LINE


async def test_an_answer_without_end(imitate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(stream(end=b""))
        while True:
            writer.write(b'data: {"choices": [{"delta": {"content": "x"}}]}\n\n')
            await writer.drain()

    monkeypatch.setattr("azrun.inference.remote.answer.LARGEST_STREAM", 100_000)
    backend, _ = await imitate({CHAT: endless})
    with pytest.raises(InferenceError, match="is over 100000 bytes"):
        await answer(backend)


async def test_damaged_streams(imitate: Any) -> None:
    call = {"index": 0, "id": "x", "function": {"name": "f", "arguments": "{}"}}
    tokens = {"content": [{"token": "a", "logprob": -1, "bytes": [97], "top_logprobs": []}]}
    event = delta(content="a", reasoning="b", tool_calls=[call])
    event["choices"][0]["logprobs"] = tokens
    whole, dice = stream(event, delta("stop"), USAGE), random.Random(1)
    start = whole.index(b"\r\n\r\n") + 4
    backend, server = await imitate({})
    for _ in range(200):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 5)):
            at = dice.randrange(start, len(data))
            data[at : at + dice.randrange(3)] = dice.randbytes(dice.randrange(3))
        server.answers[CHAT] = bytes(data)
        with suppress(InferenceError):
            assert (await answer(backend))[-1].finish_reason
    server.answers[CHAT] = whole
    assert [chunk.text for chunk in await answer(backend)] == ["", "a", ""]
    assert backend.stats.running == 0


async def test_who_leaves_closes_the_connection(imitate: Any) -> None:
    begun = asyncio.Event()

    async def slow(writer: asyncio.StreamWriter) -> None:
        writer.write(stream(delta(content="a"), end=b""))
        begun.set()
        await asyncio.Event().wait()

    backend, server = await imitate({CHAT: slow})
    async with aclosing(backend.generate(HI)) as chunks:
        assert [(await anext(chunks)).text for _ in range(2)] == ["", "a"]
        assert backend.stats.running == 1
    await asyncio.wait_for(server.left.wait(), 5)
    for event in (begun, server.left):
        event.clear()
    call = asyncio.create_task(answer(backend))
    await begun.wait()
    call.cancel()
    await asyncio.wait_for(server.left.wait(), 5)
    await asyncio.wait([call])
    assert (call.cancelled(), backend.stats.running) == (True, 0)


async def test_nothing_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        unused_port = taken.getsockname()[1]
    backend = RemoteBackend(Endpoint(f"http://127.0.0.1:{unused_port}/v1", "m"))
    for call in (backend.load(), answer(backend)):
        with pytest.raises(ModelLoadError, match="nothing answers at http://127") as missing:
            await call
        assert missing.value.hint.startswith("Start the server there")
    await backend.close()
