from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from azrun.inference.errors import WorkerDied
from azrun.inference.types import Chunk, Logprob, TokenLogprob, ToolCallDelta, Usage

pytestmark = pytest.mark.anyio

Script = Callable[..., Any]
CREATED = 1_700_000_000
TOOLS = [{"type": "function", "function": {"name": "get_weather"}}]
CALL_ID = "chatcmpl-tool-[0-9a-f]{32}"

ACCEPTED = Chunk(0, "", Usage(9, 0))
HELLO = (
    ACCEPTED,
    Chunk(0, "Hel", Usage(9, 1)),
    Chunk(0, "lo", Usage(9, 2)),
    Chunk(0, "", Usage(9, 3), "stop"),
)
TWO = (
    ACCEPTED,
    Chunk(1, "b", Usage(9, 1)),
    Chunk(0, "a", Usage(9, 2)),
    Chunk(1, "B", Usage(9, 3), "stop", "x"),
    Chunk(0, "A", Usage(9, 4), "length"),
)
CALLING = (
    ACCEPTED,
    Chunk(0, "", Usage(9, 1), tool_calls=(ToolCallDelta(0, "get_weather"),)),
    Chunk(0, "", Usage(9, 2), tool_calls=(ToolCallDelta(0, arguments='{"location": '),)),
    Chunk(0, "", Usage(9, 3), tool_calls=(ToolCallDelta(0, arguments='"London"}'),)),
    Chunk(
        0,
        "",
        Usage(9, 4),
        tool_calls=(ToolCallDelta(1, "get_time"), ToolCallDelta(1, arguments="{}")),
    ),
    Chunk(0, "", Usage(9, 5), "tool_calls"),
)


def choices(bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [body["choices"][0] for body in bodies]


async def test_a_completion_in_azions_shape(script: Script):
    calls = script(*HELLO)
    body = await calls.chat()
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
    assert calls.backend.open == 0


async def test_several_answers_that_come_mixed(script: Script):
    found = (await script(*TWO).chat(n=2))["choices"]
    assert [choice["index"] for choice in found] == [0, 1]
    assert [choice["message"]["content"] for choice in found] == ["aA", "bB"]
    assert [choice["finish_reason"] for choice in found] == ["length", "stop"]
    assert [choice["stop_reason"] for choice in found] == [None, "x"]


async def test_a_stream(script: Script):
    chunks = await script(*HELLO).stream()
    assert len({(chunk["id"], chunk["created"]) for chunk in chunks}) == 1
    assert all(chunk["object"] == "chat.completion.chunk" for chunk in chunks)
    assert all(chunk["model"] == "mine" for chunk in chunks)
    nothing = {"index": 0, "logprobs": None, "finish_reason": None}
    assert choices(chunks) == [
        {**nothing, "delta": {"role": "assistant", "content": ""}},
        {**nothing, "delta": {"content": "Hel"}},
        {**nothing, "delta": {"content": "lo"}},
        {**nothing, "delta": {"content": ""}, "finish_reason": "stop", "stop_reason": None},
    ]


async def test_a_stream_of_several_answers_opens_each(script: Script):
    found = choices(await script(*TWO).stream(n=2))
    assert [(c["index"], c["delta"].get("role"), c["delta"]["content"]) for c in found] == [
        (1, "assistant", ""), (1, None, "b"), (0, "assistant", ""), (0, None, "a"),
        (1, None, "B"), (0, None, "A"),
    ]  # fmt: skip


async def test_a_chunk_that_says_nothing_is_no_body(script: Script):
    silent = Chunk(0, "", Usage(9, 2))
    assert len(await script(*HELLO[:2], silent, *HELLO[2:]).stream()) == len(HELLO)


async def test_a_streams_usage_for_who_asks(script: Script):
    chunks = await script(*HELLO).stream(stream_options={"include_usage": True})
    assert (chunks[-1]["choices"], chunks[-1]["usage"]["total_tokens"]) == ([], 12)
    assert not any("usage" in chunk for chunk in chunks[:-1])


async def test_tokens_that_were_cached(script: Script):
    calls = script(Chunk(0, "", Usage(9, 0, 5)), Chunk(0, "a", Usage(9, 1, 5), "stop"))
    usage = (await calls.chat())["usage"]
    assert usage["prompt_tokens_details"] == {"cached_tokens": 5}
    assert calls.uses[0].cached_tokens == 5


async def test_tool_calls(script: Script):
    [choice] = (await script(*CALLING).chat(tools=TOOLS))["choices"]
    first, second = choice["message"].pop("tool_calls")
    assert re.fullmatch(CALL_ID, first.pop("id"))
    assert first.pop("type") == "function"
    assert first == {"function": {"name": "get_weather", "arguments": '{"location": "London"}'}}
    assert second["function"] == {"name": "get_time", "arguments": "{}"}
    assert choice["message"]["content"] is None
    assert choice["finish_reason"] == "tool_calls"


async def test_tool_calls_in_a_stream(script: Script):
    found = choices(await script(*CALLING).stream(tools=TOOLS))
    deltas = [call for choice in found for call in choice["delta"].get("tool_calls", ())]
    ids = [deltas[0].pop("id"), deltas[3].pop("id")]
    assert all(re.fullmatch(CALL_ID, id) for id in ids)
    assert ids[0] != ids[1]
    assert deltas == [
        {"index": 0, "type": "function", "function": {"name": "get_weather", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"location": '}},
        {"index": 0, "function": {"arguments": '"London"}'}},
        {"index": 1, "type": "function", "function": {"name": "get_time", "arguments": ""}},
        {"index": 1, "function": {"arguments": "{}"}},
    ]
    assert found[-1]["finish_reason"] == "tool_calls"


THINKING = (
    ACCEPTED,
    Chunk(0, "", Usage(9, 1), reasoning="Let me "),
    Chunk(0, "", Usage(9, 2), reasoning="see."),
    Chunk(0, "Yes", Usage(9, 3), "stop"),
)


async def test_what_a_model_thinks(script: Script):
    [choice] = (await script(*THINKING).chat())["choices"]
    assert choice["message"]["reasoning_content"] == "Let me see."
    assert choice["message"]["content"] == "Yes"


async def test_what_a_model_thinks_in_a_stream(script: Script):
    deltas = [choice["delta"] for choice in choices(await script(*THINKING).stream())]
    assert deltas[1:] == [
        {"reasoning_content": "Let me "}, {"reasoning_content": "see."}, {"content": "Yes"},
    ]  # fmt: skip


HALF, REST = Logprob(b"\xc3", -0.5), Logprob(b"\xa9", -0.25)
LIKELY = (
    ACCEPTED,
    Chunk(0, "", Usage(9, 1), logprobs=(TokenLogprob(HALF, (HALF, Logprob(b"a", -math.inf))),)),
    Chunk(0, "é", Usage(9, 2), "stop", logprobs=(TokenLogprob(REST),)),
)


async def test_log_probabilities(script: Script):
    body = await script(*LIKELY).chat(logprobs=True, top_logprobs=2)
    half = {"token": "�", "logprob": -0.5, "bytes": [0xC3]}
    rest = {"token": "�", "logprob": -0.25, "bytes": [0xA9]}
    impossible = {"token": "a", "logprob": -9999.0, "bytes": [97]}
    assert body["choices"][0]["logprobs"] == {
        "content": [half | {"top_logprobs": [half, impossible]}, rest | {"top_logprobs": []}]
    }
    json.dumps(body, allow_nan=False)


async def test_log_probabilities_in_a_stream(script: Script):
    _, half, rest = choices(await script(*LIKELY).stream(logprobs=True))
    assert half["delta"] == {"content": ""}
    assert half["logprobs"]["content"][0]["bytes"] == [0xC3]
    assert rest["delta"] == {"content": "é"}
    assert rest["logprobs"]["content"][0]["bytes"] == [0xA9]


async def test_the_model_use_grows_with_a_stream(script: Script):
    calls = script(*HELLO)
    stream = await calls.run({"messages": [{"role": "user", "content": "x"}], "stream": True})
    [use] = calls.uses
    assert (use.asked, use.answered, use.stand_in) == ("mine", "scripted.gguf", False)
    assert (use.prompt_tokens, use.completion_tokens, use.first_token_seconds) == (9, 0, None)
    async for _ in stream:
        pass
    assert use.completion_tokens == 3
    assert 0 < use.first_token_seconds < use.seconds


async def test_closing_a_stream_closes_the_generation(script: Script):
    for taken in (0, 1, 2):
        calls = script(*HELLO)
        stream = await calls.run({"messages": [{"role": "user", "content": "x"}], "stream": True})
        async with aclosing(stream):
            for _ in range(taken):
                await anext(stream)
            assert calls.backend.open == 1
        assert calls.backend.open == 0


async def test_a_refused_call_is_no_use(script: Script):
    calls = script(WorkerDied("the model worker died"))
    with pytest.raises(WorkerDied):
        await calls.stream()
    assert calls.uses == []
