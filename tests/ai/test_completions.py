from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest

from azrun.ai.run import Stream
from azrun.inference.errors import InvalidRequest, WorkerDied
from azrun.inference.types import Chunk, Logprob, TokenLogprob, Usage

pytestmark = pytest.mark.anyio

Script = Callable[..., Any]
HELLO = (
    Chunk(0, "", Usage(2, 0)),
    Chunk(0, "Hel", Usage(2, 1)),
    Chunk(0, "lo", Usage(2, 2), "stop", "!"),
)


async def test_a_whole_one(script: Script):
    calls = script(*HELLO)
    body = await calls.complete({"prompt": "say"})
    assert re.fullmatch("cmpl-[0-9a-f]{32}", body.pop("id"))
    assert body.pop("created") > 1_700_000_000
    assert body == {
        "object": "text_completion",
        "model": "mine",
        "choices": [
            {
                "index": 0,
                "text": "Hello",
                "logprobs": None,
                "finish_reason": "stop",
                "stop_reason": "!",
            }
        ],
        "usage": {
            "prompt_tokens": 2,
            "total_tokens": 4,
            "completion_tokens": 2,
            "prompt_tokens_details": None,
        },
    }
    assert calls.uses[0].completion_tokens == 2


async def test_a_stream(script: Script):
    request = {"prompt": "say", "stream": True, "stream_options": {"include_usage": True}}
    stream = await script(*HELLO).complete(request)
    assert isinstance(stream, Stream)
    *pieces, usage = [body async for body in stream]
    found = [piece["choices"][0] for piece in pieces]
    assert [(one["text"], one["finish_reason"]) for one in found] == [("Hel", None), ("lo", "stop")]
    assert {piece["object"] for piece in pieces} == {"text_completion"}
    assert (usage["choices"], usage["usage"]["total_tokens"]) == ([], 4)


@pytest.mark.parametrize(
    ("prompt", "passed"),
    [
        ("a", ["a"]),
        (["a"], ["a"]),
        ([1, 2], [(1, 2)]),
        (["a", "b"], ["a", "b"]),
        ([[1], [2, 3]], [(1,), (2, 3)]),
    ],
)
async def test_texts_and_tokens(script: Script, prompt: Any, passed: Any):
    calls = script(*HELLO)
    await calls.complete({"prompt": prompt, "seed": 1, "logprobs": 2})
    assert [one.prompt for one in calls.backend.all] == passed
    assert {(one.max_tokens, one.seed, one.logprobs) for one in calls.backend.all} == {(16, 1, 2)}


async def test_several_prompts_are_answered_in_one_body(script: Script):
    calls = script(*HELLO)
    body = await calls.complete({"prompt": ["a", "b"], "n": 2})
    assert [(one["index"], one["text"]) for one in body["choices"]] == [(0, "Hello"), (2, "Hello")]
    assert body["usage"]["total_tokens"] == 8
    assert calls.backend.open == 0


async def test_several_prompts_in_a_stream_that_is_left(script: Script):
    calls = script(*HELLO[:2], asyncio.Event())
    stream = await calls.complete({"prompt": ["a", "b"], "stream": True})
    async with aclosing(stream):
        await anext(stream)
        assert calls.backend.open == 2
    assert calls.backend.open == 0


async def test_one_of_several_prompts_fails(script: Script):
    calls = script(*HELLO[:2], WorkerDied("the model worker died"))
    with pytest.raises(WorkerDied):
        await calls.complete({"prompt": ["a", "b"]})
    assert calls.backend.open == 0


async def test_log_probabilities_are_columns(script: Script):
    hel, lo = Logprob(b"Hel", -0.5), Logprob(b"lo", -0.25)
    calls = script(
        HELLO[0],
        Chunk(0, "Hel", Usage(2, 1), logprobs=(TokenLogprob(hel, (hel, lo)),)),
        Chunk(0, "lo", Usage(2, 2), "stop", logprobs=(TokenLogprob(lo, (lo,)),)),
    )
    whole = await calls.complete({"prompt": "say", "logprobs": 2})
    assert whole["choices"][0]["logprobs"] == {
        "tokens": ["Hel", "lo"],
        "token_logprobs": [-0.5, -0.25],
        "top_logprobs": [{"Hel": -0.5, "lo": -0.25}, {"lo": -0.25}],
        "text_offset": [0, 3],
    }
    stream = await calls.complete({"prompt": "say", "logprobs": 2, "stream": True})
    pieces = [body["choices"][0]["logprobs"] async for body in stream]
    assert [piece["text_offset"] for piece in pieces] == [[0], [3]]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "prompt: is required"),
        ({"prompt": 3}, "prompt: must be a string or an array, got 3"),
        ({"prompt": []}, "prompt: must not be empty"),
        ({"prompt": [[]]}, "prompt[0]: must not be empty"),
        ({"prompt": [1, -2]}, "prompt[1]: must be a token id, got -2"),
        ({"prompt": ["x"] * 129}, "prompt: holds 129 prompts, 128 is the most"),
        ({"prompt": "x", "logprobs": True}, "logprobs: must be an integer, got true"),
        ({"prompt": "x", "logprobs": 21}, "logprobs: must be between 0 and 20, got 21"),
        ({"prompt": "x", "echo": True}, "echo: must be false: the prompt is not given back"),
        (
            {"prompt": "x", "suffix": "y"},
            "suffix: must be absent: text is written at the end only",
        ),
    ],
)
async def test_requests_that_are_wrong(script: Script, fields: dict[str, Any], problem: str):
    with pytest.raises(InvalidRequest) as no:
        await script(*HELLO).complete(fields)
    assert no.value.message == f"validation error: {problem}"
