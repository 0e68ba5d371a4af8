"""The official client against `/-/v1`, with a worker behind it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

import openai
import pytest

pytestmark = pytest.mark.anyio

HI: Any = [{"role": "user", "content": "x"}]
HELLO = "async def handle_request(request): return Response('hello')"


def settings(gguf: Path) -> str:
    return f'[models."says"]\ngguf = {json.dumps(str(gguf))}\ncontext = 4096\n'


@pytest.fixture
async def connect(serve_on_socket: Any, stack: Any) -> Any:
    async def start(toml: str) -> tuple[Any, openai.AsyncOpenAI]:
        served = await serve_on_socket(toml=toml, hello=HELLO)
        url = f"http://127.0.0.1:{served.port}/-/v1"
        client = openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0)
        return served, await stack.enter_async_context(client)

    return start


async def test_many_streams_at_once(connect: Any, says: Any) -> None:
    _, client = await connect(settings(says("abcdefg")))

    async def one() -> str:
        stream = await client.chat.completions.create(model="says", messages=HI, stream=True)
        return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])

    answers = await asyncio.gather(*(one() for _ in range(20)))
    assert answers == ["abcdefg"] * 20


async def test_text_completions(connect: Any, says: Any) -> None:
    _, client = await connect(settings(says("abcdefg")))
    answer = await client.completions.create(model="says", prompt="zzab", max_tokens=3)
    assert answer.choices[0].text == "cde"
    assert answer.choices[0].finish_reason == "length"


async def test_a_prompt_over_the_context(connect: Any, says: Any) -> None:
    _, client = await connect(settings(says("abc")))
    messages: Any = [{"role": "user", "content": "x" * 20_000}]
    with pytest.raises(openai.BadRequestError) as failed:
        await client.chat.completions.create(model="says", messages=messages)
    assert failed.value.code == "context_length_exceeded"


async def test_a_client_that_leaves_stops_the_model(connect: Any, says: Any) -> None:
    served, client = await connect(settings(says("abc", endless=True)))
    stream = await client.chat.completions.create(
        model="says", messages=HI, stream=True, max_tokens=4000
    )
    assert [await anext(aiter(stream)) for _ in range(3)]
    await stream.close()
    record = await served.observer.record("/-/v1/chat/completions")
    assert 0 < record.models[0].completion_tokens < 2000
    page = (await served.get("/-/metrics")).text
    assert 'azrun_model_errors_total{error="cancelled",model="says.gguf"} 1.0' in page


async def test_a_worker_killed_in_mid_stream(connect: Any, says: Any) -> None:
    served, client = await connect(settings(says("abc", endless=True)))
    stream = await client.chat.completions.create(
        model="says", messages=HI, stream=True, max_tokens=4000
    )
    await anext(aiter(stream))
    backend = served.project.registry.resolve("says").backend
    os.kill(getattr(backend, "inner", backend).pid, signal.SIGKILL)
    with pytest.raises(openai.APIError, match="died"):
        _ = [chunk async for chunk in stream]
    answer = await client.chat.completions.create(model="says", messages=HI, max_tokens=3)
    assert answer.choices[0].message.content == "abc"
    page = (await served.get("/-/metrics")).text
    assert 'azrun_worker_deaths_total{model="says.gguf"} 1.0' in page
    assert 'azrun_model_loads_total{model="says.gguf"} 2.0' in page


async def test_readiness_follows_a_load(connect: Any, says: Any) -> None:
    served, client = await connect(settings(says("abc")) + "preload = true\n")
    response = await served.get("/-/ready")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["loading"][0]["model"] == "says.gguf"
    await served.project.registry.resolve("says").backend.load()
    assert (await served.get("/-/ready")).json()["ready"] is True
    listed = [model async for model in client.models.list()]
    assert [(one.id, one.model_extra["state"]) for one in listed if one.model_extra] == [
        ("says", "ready")
    ]
