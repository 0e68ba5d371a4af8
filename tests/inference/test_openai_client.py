"""The official client, with a function between it and the models and without."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai.types.chat import ChatCompletionToolParam
from pydantic import BaseModel

pytestmark = pytest.mark.anyio

KIT = Path(__file__).parents[2] / "functions" / "ai-inference-starter-kit" / "main.py"
NUMBER = '{": 42}'  # what a grammar makes a JSON object of, by one property's name
TOOLED = (
    "{% if tools %}<tool_call>{{ tools | tojson }}</tool_call>{% endif %}"
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "double",
        "parameters": {
            "type": "object",
            "properties": {"of": {"type": "integer"}},
            "required": ["of"],
        },
    },
}
ASK: Any = [{"role": "user", "content": "How many?"}]


class Count(BaseModel):
    count: int


@pytest.fixture(params=["kit", "-"], ids=["function", "tool"])
async def client(
    serve_on_socket: Any, says: Any, counts: Path, request: pytest.FixtureRequest
) -> AsyncIterator[openai.AsyncOpenAI]:
    models = {
        "says": says("Hi, you!"),
        "number": says(NUMBER, template=TOOLED),
        "counts": counts,
    }
    toml = "".join(f"[models.{id}]\ngguf = {json.dumps(str(at))}\n" for id, at in models.items())
    served = await serve_on_socket(toml=toml, kit=KIT.read_text())
    url = f"http://127.0.0.1:{served.port}/{request.param}/v1"
    async with openai.AsyncOpenAI(base_url=url, api_key="none", max_retries=0) as client:
        yield client


async def test_chat(client: openai.AsyncOpenAI):
    answer = await client.chat.completions.create(model="says", messages=ASK)
    assert answer.choices[0].message.content == "Hi, you!"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage is not None
    assert answer.usage.completion_tokens >= len("Hi, you!")


async def test_several_answers_with_stop_and_log_probabilities(client: openai.AsyncOpenAI):
    answer = await client.chat.completions.create(
        model="says", messages=ASK, temperature=0, n=2, stop=" y", logprobs=True, top_logprobs=2
    )
    assert [choice.message.content for choice in answer.choices] == ["Hi,", "Hi,"]
    logprobs = answer.choices[1].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert "".join(one.token for one in logprobs.content).startswith("Hi,")
    assert logprobs.content[0].top_logprobs[0].token == "H"
    assert logprobs.content[0].logprob <= 0


async def test_streaming(client: openai.AsyncOpenAI):
    stream = await client.chat.completions.create(
        model="says", messages=ASK, stream=True, stream_options={"include_usage": True}
    )
    *chunks, usage = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hi, you!"
    assert chunks[-1].choices[0].finish_reason == "stop"
    assert usage.usage is not None
    assert usage.usage.total_tokens > usage.usage.prompt_tokens > 0


async def test_a_named_tool(client: openai.AsyncOpenAI):
    answer = await client.chat.completions.create(
        model="number",
        messages=ASK,
        tools=[TOOL],
        temperature=0,
        tool_choice={"type": "function", "function": {"name": "double"}},
        parallel_tool_calls=False,
    )
    [choice] = answer.choices
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert choice.message.tool_calls is not None
    [call] = choice.message.tool_calls
    assert call.type == "function"
    assert (call.function.name, json.loads(call.function.arguments)) == ("double", {"of": 42})


async def test_a_required_tool_in_a_stream(client: openai.AsyncOpenAI):
    async with client.chat.completions.stream(
        model="number",
        messages=ASK,
        tools=[TOOL],
        temperature=0,
        tool_choice="required",
        parallel_tool_calls=False,
    ) as stream:
        events = [event.type async for event in stream]
        answer = await stream.get_final_completion()
    assert events.count("tool_calls.function.arguments.delta") > 1
    [choice] = answer.choices
    assert choice.message.tool_calls is not None
    [call] = choice.message.tool_calls
    assert (call.function.name, json.loads(call.function.arguments)) == ("double", {"of": 42})
    assert choice.finish_reason == "tool_calls"


async def test_a_structured_output(client: openai.AsyncOpenAI):
    answer = await client.chat.completions.parse(
        model="number", messages=ASK, temperature=0, response_format=Count
    )
    assert answer.choices[0].message.parsed == Count(count=42)


@pytest.mark.parametrize("fields", [{}, {"encoding_format": "float"}])
async def test_embeddings(client: openai.AsyncOpenAI, fields: Any):
    """By itself the client asks for base64."""
    answer = await client.embeddings.create(model="counts", input=["aab", "b", "c"], **fields)
    first, second, third = (one.embedding for one in answer.data)
    assert sum(a * b for a, b in zip(first, second, strict=True)) == pytest.approx(1 / 5**0.5)
    assert sum(a * b for a, b in zip(first, third, strict=True)) == pytest.approx(0, abs=1e-3)
    assert answer.usage.prompt_tokens == 5


async def test_what_is_wrong_with_a_request(client: openai.AsyncOpenAI):
    with pytest.raises(openai.BadRequestError) as refused:
        await client.chat.completions.create(
            model="says", messages=ASK, extra_body={"response_format": {"type": "xml"}}
        )
    body = refused.value.response.json()
    if "/-/v1" in str(client.base_url):
        assert body["error"]["param"] == "response_format.type"
    else:
        assert body == {"error": "Invalid input for says"}
