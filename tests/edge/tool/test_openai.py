"""The official client against `/-/v1`."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Any

import openai
import pytest

from azrun.inference.errors import (
    InferenceError,
    InvalidRequest,
    ModelLoadError,
    TooManyRequests,
    Unsupported,
    WorkerDied,
)
from azrun.inference.types import Chunk, Usage

from ...scripted import ACCEPTED, HELLO, Scripted

pytestmark = pytest.mark.anyio

OCR, EMBEDDING = "nanonets/Nanonets-OCR-s", "Qwen/Qwen3-Embedding-4B"
RERANKER = "BAAI/bge-reranker-v2-m3"
HI: Any = [{"role": "user", "content": "hi"}]


async def test_models(client: openai.AsyncOpenAI) -> None:
    listed = [model async for model in client.models.list()]
    assert [model.id for model in listed] == ["mine", OCR, EMBEDDING, RERANKER]
    assert [model.owned_by for model in listed] == ["local", "azion", "azion", "azion"]
    assert listed[0].created > 1_700_000_000


async def test_a_model_whose_id_has_a_slash(client: openai.AsyncOpenAI) -> None:
    model = await client.models.retrieve(OCR)
    assert (model.id, model.object) == (OCR, "model")
    assert model.model_extra is not None
    assert (model.model_extra["stand_in"], model.model_extra["kind"]) == (True, "vision")


async def test_a_model_that_is_not_there(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as failed:
        await client.models.retrieve("some/where")
    assert failed.value.code == "model_not_found"


async def test_a_chat(client: openai.AsyncOpenAI, backend: Scripted) -> None:
    answer = await client.chat.completions.create(model="mine", messages=HI, temperature=0)
    assert answer.choices[0].message.content == "Hello ☃"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (9, 12)
    assert backend.asked.temperature == 0


async def test_a_stream(client: openai.AsyncOpenAI, served: Any) -> None:
    stream = await client.chat.completions.create(
        model="mine", messages=HI, stream=True, stream_options={"include_usage": True}
    )
    chunks = [chunk async for chunk in stream]
    texts = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    assert "".join(texts) == "Hello ☃"
    assert len({chunk.id for chunk in chunks}) == 1
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 3
    record = await served.observer.record("/-/v1/chat/completions")
    assert (record.status, record.function, record.error) == (200, "-", "")
    assert (record.models[0].answered, record.models[0].completion_tokens) == ("scripted.gguf", 3)


async def test_the_events_of_a_stream(served: Any) -> None:
    request = {"model": OCR, "messages": HI, "stream": True}
    response = await served.post("/-/v1/chat/completions", json=request)
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["x-azrun-model"] == f"scripted.gguf (stand-in for {OCR})"
    events = response.text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    first = json.loads(events[0].removeprefix("data: "))
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}


async def test_embeddings(client: openai.AsyncOpenAI) -> None:
    answer = await client.embeddings.create(model=EMBEDDING, input=["a", "b"])
    assert [one.embedding for one in answer.data] == [[0.5, -0.5, 0.5, 0.5]] * 2


async def test_text_completions(client: openai.AsyncOpenAI, backend: Scripted) -> None:
    answer = await client.completions.create(model="mine", prompt="once upon")
    assert answer.choices[0].text == "Hello ☃"
    assert backend.asked.prompt == "once upon"


async def test_rerank_and_score(served: Any) -> None:
    request: dict[str, Any] = {"model": RERANKER, "query": "q", "documents": ["a", "b"]}
    answer = (await served.post("/-/v1/rerank", json=request)).json()
    assert [one["index"] for one in answer["results"]] == [0, 1]
    request = {"model": RERANKER, "text_1": "q", "text_2": ["a", "b"]}
    answer = (await served.post("/-/v1/score", json=request)).json()
    assert [one["index"] for one in answer["results"]] == [0, 1]


@pytest.mark.parametrize(
    ("error", "kind", "status", "code"),
    [
        (InvalidRequest("seed: no"), openai.BadRequestError, 400, None),
        (
            InvalidRequest("messages: the model's context is 8 tokens; the prompt has 9"),
            openai.BadRequestError,
            400,
            "context_length_exceeded",
        ),
        (Unsupported("it sees no images"), openai.BadRequestError, 400, None),
        (TooManyRequests("full", "Later.", 7), openai.RateLimitError, 429, "rate_limit_exceeded"),
        (ModelLoadError("no GGUF"), openai.InternalServerError, 503, None),
        (WorkerDied("signal 9"), openai.InternalServerError, 503, None),
        (InferenceError("odd"), openai.InternalServerError, 500, None),
    ],
)
async def test_a_models_errors(
    client: openai.AsyncOpenAI, backend: Scripted, error: Any, kind: Any, status: int, code: Any
) -> None:
    backend.script = [error]
    for stream in (False, True):
        with pytest.raises(kind) as failed:
            await client.chat.completions.create(model="mine", messages=HI, stream=stream)
        assert (failed.value.status_code, failed.value.code) == (status, code)
    if status == 429:
        assert failed.value.response.headers["retry-after"] == "7"
        assert failed.value.type == "rate_limit_error"


async def test_the_field_that_is_wrong(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as failed:
        await client.chat.completions.create(model="mine", messages=HI, temperature=3)
    assert failed.value.param == "temperature"
    messages: Any = [{"role": "user"}]
    with pytest.raises(openai.BadRequestError) as failed:
        await client.chat.completions.create(model="mine", messages=messages)
    assert failed.value.param == "messages[0].content"


async def test_an_error_in_mid_stream(client: openai.AsyncOpenAI, backend: Scripted) -> None:
    backend.script = [*HELLO[:2], WorkerDied("the worker died")]
    stream = await client.chat.completions.create(model="mine", messages=HI, stream=True)
    with pytest.raises(openai.APIError, match="the worker died"):
        _ = [chunk async for chunk in stream]


async def test_an_error_before_the_first_piece(
    client: openai.AsyncOpenAI, backend: Scripted
) -> None:
    backend.script = [ACCEPTED, WorkerDied("the worker died")]
    with pytest.raises(openai.InternalServerError, match="the worker died"):
        await client.chat.completions.create(model="mine", messages=HI, stream=True)


async def test_a_client_that_leaves_in_mid_stream(
    client: openai.AsyncOpenAI, backend: Scripted, served: Any
) -> None:
    backend.script = [*HELLO[:2], asyncio.Event()]
    stream = await client.chat.completions.create(model="mine", messages=HI, stream=True)
    await anext(aiter(stream))
    await stream.close()
    await asyncio.wait_for(backend.closed.wait(), 10)
    record = await served.observer.record("/-/v1/chat/completions")
    assert record.error == "client closed the connection"
    assert record.models[0].completion_tokens == 1


async def test_a_client_that_leaves_before_the_answer(served: Any, backend: Scripted) -> None:
    backend.script = [ACCEPTED, asyncio.Event()]
    body = json.dumps({"model": "mine", "messages": HI}).encode()
    head = f"POST /-/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
    _, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(head.encode() + body)
    await asyncio.wait_for(backend.begun.wait(), 10)
    writer.close()
    await asyncio.wait_for(backend.closed.wait(), 10)
    record = await served.observer.record("/-/v1/chat/completions")
    assert (record.error, record.status) == ("client closed the connection", 0)


async def test_the_wrong_page_for_a_model(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="/-/v1/embeddings"):
        await client.chat.completions.create(model=EMBEDDING, messages=HI)
    with pytest.raises(openai.BadRequestError, match="/-/v1/chat/completions"):
        await client.embeddings.create(model=OCR, input="x")


async def test_what_is_of_another_kind_is_left_out(served: Any, backend: Scripted) -> None:
    request = {"model": "mine", "messages": HI, "input": "x", "documents": []}
    assert (await served.post("/-/v1/chat/completions", json=request)).status_code == 200
    request = {"model": "mine", "documents": []}
    response = await served.post("/-/v1/chat/completions", json=request)
    assert response.json()["error"]["param"] == "messages"


async def test_long_outputs_keep_their_pieces_in_order(
    client: openai.AsyncOpenAI, backend: Scripted
) -> None:
    words = [f"{number} " for number in range(2000)]
    pieces = [Chunk(0, word, Usage(9, n + 1)) for n, word in enumerate(words)]
    backend.script = [ACCEPTED, *pieces, Chunk(0, "", Usage(9, 2001), "stop")]
    stream = await client.chat.completions.create(model="mine", messages=HI, stream=True)
    text = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(text) == "".join(words)


PICTURE = """
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)
async def handle_request(request): return Response(PNG, headers={"content-type": "image/png"})
"""


def look(port: int) -> Any:
    picture = {"type": "image_url", "image_url": {"url": f"http://127.0.0.1:{port}/picture"}}
    return {"model": OCR, "messages": [{"role": "user", "content": [picture]}]}


@pytest.mark.parametrize(("allowed", "status"), [("true", 200), ("false", 400)])
async def test_an_image_by_its_url(
    serve_on_socket: Any, models: Any, backend: Scripted, allowed: str, status: int
) -> None:
    toml = f"[fetch]\nallow_private = {allowed}\n"
    served = await serve_on_socket(picture=PICTURE, registry=models, toml=toml)
    response = await served.post("/-/v1/chat/completions", json=look(served.port))
    assert response.status_code == status, response.text
    if status == 200:
        assert backend.asked.images[0].startswith(b"\x89PNG")
    else:
        assert response.json()["error"]["param"] == "messages[0].content[0].image_url.url"
        assert "private address" in response.json()["error"]["message"]


async def test_many_streams_of_which_half_leave(served: Any, backend: Scripted) -> None:
    backend.script = [*HELLO[:2], gate := asyncio.Event(), *HELLO[2:]]
    body = json.dumps({"model": "mine", "messages": HI, "stream": True}).encode()
    head = f"POST /-/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n"
    before = len(os.listdir("/proc/self/fd"))
    clients = [await asyncio.open_connection("127.0.0.1", served.port) for _ in range(200)]
    for _, writer in clients:
        writer.write(f"{head}connection: close\r\n\r\n".encode() + body)
    for reader, _ in clients:
        await reader.readuntil(b"Hel")
    for _, writer in clients[::2]:
        writer.close()
    gate.set()
    for reader, writer in clients[1::2]:
        assert (await reader.read()).endswith(b"data: [DONE]\n\n\r\n0\r\n\r\n")
        writer.close()
        await writer.wait_closed()
    await served.observer.records(200)
    await served.get("/-/ready")
    assert len(os.listdir("/proc/self/fd")) <= before + 1  # what `get` keeps open
