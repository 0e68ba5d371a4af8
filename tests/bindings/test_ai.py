from __future__ import annotations

import base64
import io
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from azrun.bindings import OperationError, Reply
from azrun.bindings.ai import AIBinding
from azrun.config.local import Models
from azrun.inference.errors import WorkerDied
from azrun.inference.registry import Registry

from ..scripted import HELLO, Scripted, ScriptedModels, Step

pytestmark = pytest.mark.anyio

OCR = "nanonets/Nanonets-OCR-s"
USER = {"role": "user", "content": "hi"}


class Run:
    """Calls the binding as one invocation."""

    def __init__(self, registry: Registry) -> None:
        self.invocation: Any = SimpleNamespace(models=[], trace=None)
        self._binding = AIBinding(registry, self._get)

    async def _get(self, url: str, invocation: Any) -> bytes:
        assert invocation is self.invocation
        raise OperationError("TypeError", f"{url} is out of reach")

    async def __call__(self, model: Any, request: Any) -> Reply:
        return await self._binding(self.invocation, {"model": model, "request": request}, None)

    async def chunks(self, model: str, **request: Any) -> list[dict[str, Any]]:
        reply = await self(model, {"messages": [USER], "stream": True, **request})
        assert reply.value == {"stream": True}
        assert reply.chunks is not None
        return [chunk async for chunk in reply.chunks]

    async def error(self, model: Any, request: Any) -> str:
        with pytest.raises(OperationError) as failed:
            await self(model, request)
        assert failed.value.name == "AIError"
        return failed.value.message


def scripted(*script: Step) -> tuple[Run, Scripted]:
    backend = Scripted(*script)
    return Run(ScriptedModels(mine=backend)), backend


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    """With the embedded stand-ins, and nothing configured."""
    registry = Registry.from_config(Models())
    yield Run(registry)
    await registry.close()


def picture() -> dict[str, Any]:
    out = io.BytesIO()
    Image.new("RGB", (60, 30), "white").save(out, "PNG")
    url = "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
    return {"type": "image_url", "image_url": {"url": url}}


def look(**fields: Any) -> dict[str, Any]:
    text = {"type": "text", "text": "read"}
    return {"messages": [{"role": "user", "content": [picture(), text]}], **fields}


async def test_a_reply_is_the_body():
    run, backend = scripted(*HELLO)
    reply = await run("mine", {"messages": [USER]})
    assert reply.chunks is None
    assert reply.value["choices"][0]["message"]["content"] == "Hello ☃"
    assert backend.closed.is_set()
    [use] = run.invocation.models
    assert (use.asked, use.answered, use.completion_tokens) == ("mine", "scripted.gguf", 3)


async def test_a_stream_is_one_body_a_chunk():
    run, _ = scripted(*HELLO)
    chunks = await run.chunks("mine")
    texts = [chunk["choices"][0]["delta"]["content"] for chunk in chunks]
    assert texts == ["", "Hel", "lo ☃", ""]


async def test_embeddings_and_reranking():
    run, _ = scripted()
    made = (await run("mine", {"input": "abc"})).value
    assert made["data"][0]["embedding"] == [0.5, -0.5, 0.5, 0.5]
    ranked = (await run("mine", {"query": "q", "documents": ["a", "b"]})).value
    assert [one["index"] for one in ranked["results"]] == [0, 1]
    assert [use.prompt_tokens for use in run.invocation.models] == [3, 5]


async def test_closing_a_stream_closes_the_generation():
    for started in (0, 1, 2):
        run, backend = scripted(*HELLO)
        reply = await run("mine", {"messages": [USER], "stream": True})
        async with aclosing(reply.chunks) as chunks:
            for _ in range(started):
                await anext(chunks)
        assert backend.closed.is_set()


async def test_an_error_in_the_request_comes_before_the_stream():
    run, _ = scripted(WorkerDied("the model worker died"))
    assert await run.error("mine", {"messages": [USER], "stream": True}) == "the model worker died"
    assert run.invocation.models == []


async def test_an_error_in_the_middle_of_a_stream():
    run, _ = scripted(*HELLO[:2], WorkerDied("the model worker died", "Try again."))
    reply = await run("mine", {"messages": [USER], "stream": True})
    assert reply.chunks is not None
    opening, piece = await anext(reply.chunks), await anext(reply.chunks)
    assert [chunk["choices"][0]["delta"]["content"] for chunk in (opening, piece)] == ["", "Hel"]
    with pytest.raises(OperationError, match="the model worker died. Try again."):
        await anext(reply.chunks)


async def test_a_stand_in_reads_an_image(run: Run):
    body = (await run(OCR, look(max_tokens=5))).value
    json.dumps(body, allow_nan=False)
    assert body["model"] == OCR
    assert body["choices"][0]["finish_reason"] in ("stop", "length")
    assert body["usage"]["prompt_tokens"] > 10
    [use] = run.invocation.models
    assert (use.asked, use.answered, use.stand_in) == (OCR, "tiny-ocr", True)
    assert use.completion_tokens == body["usage"]["completion_tokens"]


async def test_a_stand_in_streams(run: Run):
    chunks = await run.chunks("qwen-qwen25-vl-3b-instruct-awq", **look(max_tokens=5))
    assert chunks[-1]["choices"][0]["finish_reason"] in ("stop", "length")


@pytest.mark.parametrize(
    ("model", "request_", "start"),
    [
        ("foo", look(), "model not found: foo. "),
        (3, look(), "validation error: the model must be a string"),
        (None, look(), "validation error: the model must be a string"),
        (OCR, None, "validation error: the request must be an object, got null"),
        (OCR, look(temperature=3), "validation error: temperature: must be between 0 and 2, got 3"),
        (OCR, look(max_tokens=32_768), "validation error: messages: the model's context is 32768"),
        (
            OCR,
            {"messages": [{"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": "https://x/y"}}]}]},
            "validation error: messages[0].content[0].image_url.url: the image cannot be fetched:"
            " https://x/y is out of reach",
        ),
        (
            OCR,
            {"messages": [{"role": "user", "content": [
                {"type": "image_url", "image_url": {"url": "data:,GIF89a"}}]}]},
            "validation error: messages[0].content[0].image_url.url: the image ",
        ),
    ],
)  # fmt: skip
async def test_errors(run: Run, model: Any, request_: Any, start: str):
    assert (await run.error(model, request_)).startswith(start)


async def test_a_catalogue_id_that_nothing_answers_for():
    run = Run(Registry.from_config(Models(stand_ins=False)))
    error = await run.error("gpt-oss-20b", {"messages": [USER]})
    assert error.startswith("model not found: gpt-oss-20b is in Azion's")
