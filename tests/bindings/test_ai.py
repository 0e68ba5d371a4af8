from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import pytest
from PIL import Image

from azrun.bindings import OperationError, Reply
from azrun.bindings.ai import AIBinding
from azrun.config.local import Models
from azrun.inference.errors import InferenceError, WorkerDied
from azrun.inference.registry import Model as Resolved
from azrun.inference.registry import Registry
from azrun.inference.types import Chunk, GenerateRequest, ModelInfo, Usage

pytestmark = pytest.mark.anyio

OCR = "nanonets/Nanonets-OCR-s"
USER = {"role": "user", "content": "hi"}
CREATED = 1_700_000_000


class Scripted:
    """A backend that answers with given chunks, and remembers what it was asked."""

    def __init__(self, *script: Chunk | InferenceError) -> None:
        self.script, self.closed = script, False
        self.asked: GenerateRequest | None = None

    async def load(self) -> ModelInfo:
        return ModelInfo("scripted", "none", 0, 0, 4096, True, True)

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
        self.asked = request
        try:
            for step in self.script:
                if isinstance(step, InferenceError):
                    raise step
                yield step
        finally:
            self.closed = True

    async def close(self) -> None:
        pass


class Everything(Registry):
    """Every id is answered by one backend."""

    def __init__(self, backend: Scripted) -> None:
        super().__init__({}, {})
        self.backend = backend

    def resolve(self, id: str) -> Resolved:
        return Resolved(id, None, self.backend, "scripted.gguf", False)


HELLO = (
    Chunk(0, "", Usage(9, 0)),
    Chunk(0, "Hel", Usage(9, 1)),
    Chunk(0, "lo", Usage(9, 2)),
    Chunk(0, "", Usage(9, 3), "stop"),
)


class Run:
    """Calls the binding as one invocation."""

    def __init__(self, registry: Registry) -> None:
        self.invocation: Any = SimpleNamespace(models=[])
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


def scripted(*script: Chunk | InferenceError) -> tuple[Run, Scripted]:
    backend = Scripted(*script)
    return Run(Everything(backend)), backend


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


async def test_a_completion_in_azions_shape():
    run, backend = scripted(*HELLO)
    body = (await run("mine", {"messages": [USER]})).value
    assert re.fullmatch("chatcmpl-[0-9a-f]{32}", body.pop("id"))
    assert body.pop("created") > CREATED
    assert body == {
        "object": "chat.completion",
        "model": "mine",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "reasoning_content": None,
                    "content": "Hello",
                    "tool_calls": [],
                },
                "logprobs": None,
                "finish_reason": "stop",
                "stop_reason": None,
            }
        ],
        "usage": {
            "prompt_tokens": 9,
            "total_tokens": 12,
            "completion_tokens": 3,
            "prompt_tokens_details": None,
        },
        "prompt_logprobs": None,
    }
    assert backend.closed


async def test_several_answers():
    script = (
        Chunk(0, "", Usage(9, 0)),
        Chunk(0, "a", Usage(9, 1), "length"),
        Chunk(1, "b", Usage(9, 2), "stop", "x"),
    )
    run, _ = scripted(*script)
    choices = (await run("mine", {"messages": [USER], "n": 2})).value["choices"]
    assert [choice["index"] for choice in choices] == [0, 1]
    assert [choice["message"]["content"] for choice in choices] == ["a", "b"]
    assert [choice["finish_reason"] for choice in choices] == ["length", "stop"]
    assert [choice["stop_reason"] for choice in choices] == [None, "x"]


async def test_a_stream():
    run, _ = scripted(*HELLO)
    chunks = await run.chunks("mine")
    assert len({(chunk["id"], chunk["created"]) for chunk in chunks}) == 1
    assert all(chunk["object"] == "chat.completion.chunk" for chunk in chunks)
    assert all(chunk["model"] == "mine" for chunk in chunks)
    assert [chunk["choices"] for chunk in chunks] == [
        [
            {
                "index": 0,
                "delta": {"role": "assistant", "content": ""},
                "logprobs": None,
                "finish_reason": None,
            }
        ],
        [{"index": 0, "delta": {"content": "Hel"}, "logprobs": None, "finish_reason": None}],
        [{"index": 0, "delta": {"content": "lo"}, "logprobs": None, "finish_reason": None}],
        [
            {
                "index": 0,
                "delta": {"content": ""},
                "logprobs": None,
                "finish_reason": "stop",
                "stop_reason": None,
            }
        ],
    ]


async def test_a_streams_usage_for_who_asks():
    run, _ = scripted(*HELLO)
    last = (await run.chunks("mine", stream_options={"include_usage": True}))[-1]
    assert last["choices"] == []
    assert last["usage"]["total_tokens"] == 12


async def test_a_stream_of_several_answers_opens_each():
    script = (
        Chunk(0, "", Usage(9, 0)),
        Chunk(0, "a", Usage(9, 1), "stop"),
        Chunk(1, "b", Usage(9, 2), "stop"),
    )
    run, _ = scripted(*script)
    choices = [chunk["choices"][0] for chunk in await run.chunks("mine", n=2)]
    assert [(c["index"], c["delta"].get("role")) for c in choices] == [
        (0, "assistant"), (0, None), (1, "assistant"), (1, None),
    ]  # fmt: skip


CALLING = (
    Chunk(0, "", Usage(9, 0)),
    Chunk(0, "<tool_call>", Usage(9, 1)),
    Chunk(0, '{"name": "get_weather", "arguments": {"location": "London"}}', Usage(9, 2)),
    Chunk(0, "</tool_call>", Usage(9, 3)),
    Chunk(0, "", Usage(9, 4), "stop"),
)
TOOLS = [{"type": "function", "function": {"name": "get_weather"}}]
WEATHER = {"name": "get_weather", "arguments": '{"location": "London"}'}


async def test_a_tool_call():
    run, _ = scripted(*CALLING)
    [choice] = (await run("mine", {"messages": [USER], "tools": TOOLS})).value["choices"]
    [call] = choice["message"].pop("tool_calls")
    assert re.fullmatch("chatcmpl-tool-[0-9a-f]{32}", call.pop("id"))
    assert call == {"type": "function", "function": WEATHER}
    assert choice["message"]["content"] is None
    assert choice["finish_reason"] == "tool_calls"


async def test_a_tool_call_in_a_stream():
    run, _ = scripted(*CALLING)
    chunks = await run.chunks("mine", tools=TOOLS, stream_options={"include_usage": True})
    _, asks, closes, usage = chunks
    [call] = asks["choices"][0]["delta"]["tool_calls"]
    assert (call["index"], call["function"]) == (0, WEATHER)
    assert closes["choices"][0]["finish_reason"] == "tool_calls"
    assert usage["usage"]["completion_tokens"] == 4


async def test_without_tools_there_are_no_calls():
    run, _ = scripted(*CALLING)
    [choice] = (await run("mine", {"messages": [USER]})).value["choices"]
    assert choice["message"]["tool_calls"] == []
    assert choice["message"]["content"].startswith("<tool_call>")
    assert choice["finish_reason"] == "stop"


async def test_the_model_use_grows_with_a_stream():
    run, _ = scripted(*HELLO)
    reply = await run("mine", {"messages": [USER], "stream": True})
    [use] = run.invocation.models
    assert (use.asked, use.answered, use.stand_in) == ("mine", "scripted.gguf", False)
    assert (use.prompt_tokens, use.completion_tokens, use.first_token_seconds) == (9, 0, None)
    assert reply.chunks is not None
    async for _chunk in reply.chunks:
        pass
    assert use.completion_tokens == 3
    assert 0 < use.first_token_seconds < use.seconds


async def test_closing_a_stream_closes_the_generation():
    for started in (0, 1, 2):
        run, backend = scripted(*HELLO)
        reply = await run("mine", {"messages": [USER], "stream": True})
        async with aclosing(reply.chunks) as chunks:
            for _ in range(started):
                await anext(chunks)
        assert backend.closed


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


async def test_everything_reaches_the_backend():
    run, backend = scripted(*HELLO)
    tool = {"type": "function", "function": {"name": "f", "parameters": {"x-own": 1}}, "y-own": 2}
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    request = {
        "messages": [
            {"role": "system", "content": "be"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "content": "x", "tool_call_id": "1"},
            look()["messages"][0],
        ],
        "tools": [tool], "temperature": 0.5, "top_p": 0.9, "n": 1, "max_tokens": 5, "seed": 42,
        "stop": "end", "presence_penalty": 1, "frequency_penalty": -1,
    }  # fmt: skip
    await run("mine", request)
    asked = backend.asked
    assert asked is not None
    assert [message.role for message in asked.messages] == ["system", "assistant", "tool", "user"]
    assert asked.messages[1].tool_calls[0].name == "f"
    assert asked.messages[2].tool_call_id == "1"
    assert asked.messages[3].content[0].name == "messages[3].content[0].image_url.url"
    assert asked.images[0].startswith(b"\x89PNG")
    assert asked.tools == (tool,)
    assert (asked.temperature, asked.top_p, asked.max_tokens) == (0.5, 0.9, 5)
    assert (asked.seed, asked.stop) == (42, ("end",))
    assert (asked.presence_penalty, asked.frequency_penalty) == (1, -1)


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        ({}, None),
        ({"max_tokens": 3}, 3),
        ({"max_completion_tokens": 4}, 4),
        ({"max_tokens": 3, "max_completion_tokens": 4}, 4),
    ],
)
async def test_max_tokens_by_both_names(fields: dict[str, int], tokens: int | None):
    run, backend = scripted(*HELLO)
    await run("mine", {"messages": [USER], **fields})
    assert backend.asked is not None
    assert backend.asked.max_tokens == tokens


@pytest.mark.parametrize("request_", [{"input": "a"}, {"query": "q", "documents": ["a"]}])
async def test_what_this_version_does_not_run(request_: dict[str, Any]):
    run, _ = scripted(*HELLO)
    message = await run.error("mine", request_)
    assert "embedding and rerank models not yet. Mock this call." in message


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
        ("gpt-oss-20b", {"messages": [USER]}, "model not found: gpt-oss-20b is in Azion's"),
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
