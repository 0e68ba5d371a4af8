"""A model behind a function behind a socket: clients that leave, workers that die."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.anyio

ENDLESS = 30_000  # tokens, many seconds of work
SOURCE = """
async def handle_request(request):
    call = {"messages": [{"role": "user", "content": "x"}]}
    if request.url.endswith("/stream"):
        call |= {"stream": True, "max_tokens": 30_000}
        return Response(await Azion.AI.run("says", call))
    return Response.json(await Azion.AI.run("says", call | {"max_tokens": 3}))
"""


def settings(gguf: Path) -> str:
    return f'[models."says"]\ngguf = {json.dumps(str(gguf))}\ncontext = 32768\n'


async def test_a_client_that_leaves_stops_the_model(serve_on_socket: Any, says: Any) -> None:
    served = await serve_on_socket(toml=settings(says("abc", endless=True)), says=SOURCE)
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(b"GET /says/stream HTTP/1.1\r\nhost: x\r\n\r\n")
    await reader.readuntil(b'"content":"a"')
    writer.close()
    record = await served.observer.record("/says/stream")
    answer = await served.get("/says")
    assert answer.json()["choices"][0]["message"]["content"] == "abc"
    assert 0 < record.models[0].completion_tokens < ENDLESS // 2


async def test_a_worker_killed_in_mid_stream(serve_on_socket: Any, says: Any) -> None:
    served = await serve_on_socket(toml=settings(says("abc", endless=True)), says=SOURCE)
    worker = served.project.registry.resolve("says").backend.inner
    events = []
    async with served.client.stream("GET", "/says/stream", timeout=30) as response:
        async for line in response.aiter_lines():
            if line:
                events.append(line.removeprefix("data: "))
            if len(events) == 3 and worker.pid:
                os.kill(worker.pid, signal.SIGKILL)
    assert response.status_code == 200
    assert "died (signal 9)" in json.loads(events[-1])["error"]["message"]
    assert "died (signal 9)" in (await served.observer.record("/says/stream")).error
    answer = await served.get("/says")
    assert answer.json()["choices"][0]["message"]["content"] == "abc"
