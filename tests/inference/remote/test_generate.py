from __future__ import annotations

from typing import Any

import pytest

from azrun.inference.errors import (
    InferenceError,
    InvalidRequest,
    ModelLoadError,
    ModelNotFound,
    TooManyRequests,
    Unsupported,
)
from azrun.inference.types import (
    Chunk,
    GenerateRequest,
    Logprob,
    TokenLogprob,
    ToolCallDelta,
    Usage,
)

from .asking import CHAT, HI, USAGE, answer
from .conftest import delta, response, stream

pytestmark = pytest.mark.anyio


async def test_the_pieces_of_a_chat(imitate: Any) -> None:
    events = [
        delta(role="assistant", content=""),
        delta(reasoning_content="hm"),
        delta(reasoning="m"),
        delta(content="a☃"),
        delta("length"),
        USAGE,
    ]
    backend, server = await imitate({CHAT: stream(*events)})
    chunks = await answer(backend)
    assert chunks[0] == Chunk(0, "", Usage(0, 0))
    assert [(c.text, c.reasoning) for c in chunks[1:]] == [
        ("", "hm"), ("", "m"), ("a☃", ""), ("", ""),
    ]  # fmt: skip
    assert [c.usage.completion_tokens for c in chunks] == [0, 1, 2, 3, 3]
    assert chunks[-1] == Chunk(0, "", Usage(7, 3, 5), "length")
    assert backend.stats.decoded_tokens == 3
    assert server.asked[0][:2] == (CHAT, {"accept-encoding": "identity"})


async def test_tool_calls_in_every_servers_manner(imitate: Any) -> None:
    def call(index: int, id: str | None = None, **function: str) -> dict[str, Any]:
        return {"index": index, "id": id, "type": "function", "function": function}

    events = [
        delta(tool_calls=[call(0, "x", name="f", arguments="")]),
        delta(tool_calls=[call(0, arguments='{"a"')]),
        delta(tool_calls=[call(0, arguments=":1}")]),
        delta(tool_calls=[call(1, "y", name="g", arguments="{}")]),  # whole, as Ollama has it
        delta(tool_calls=[call(1, "z", name="g", arguments="{}")]),  # with its index again
        delta("stop"),
    ]
    backend, _ = await imitate({CHAT: stream(*events)})
    chunks = await answer(backend)
    assert [piece for chunk in chunks for piece in chunk.tool_calls] == [
        ToolCallDelta(0, "f"),
        ToolCallDelta(0, arguments='{"a"'),
        ToolCallDelta(0, arguments=":1}"),
        ToolCallDelta(1, "g"),
        ToolCallDelta(1, arguments="{}"),
        ToolCallDelta(2, "g"),
        ToolCallDelta(2, arguments="{}"),
    ]
    assert chunks[-1].finish_reason == "tool_calls"


async def test_log_probabilities(imitate: Any) -> None:
    tops = [{"token": "é", "logprob": -0.5, "bytes": None}, {"token": "b", "logprob": -2}]
    content = [{"token": "?", "logprob": -0.5, "bytes": [195, 169], "top_logprobs": tops}]
    event = delta("stop", content="é")
    event["choices"][0]["logprobs"] = {"content": content}
    backend, _ = await imitate({CHAT: stream(event)})
    chunk = (await answer(backend))[1]
    best = Logprob("é".encode(), -0.5)
    assert chunk.logprobs == (TokenLogprob(best, (best, Logprob(b"b", -2))),)


async def test_several_answers(imitate: Any) -> None:
    request = GenerateRequest(messages=HI.messages, n=2)
    events = [delta(content="a"), delta(index=1, content="b"), delta("stop", 1), delta("stop")]
    backend, server = await imitate({CHAT: stream(*events, USAGE)})
    ends = (await answer(backend, request))[-2:]
    assert [(c.index, c.finish_reason, c.usage.prompt_tokens) for c in ends] == [
        (0, "stop", 7), (1, "stop", 7),
    ]  # fmt: skip
    assert server.body["n"] == 2


async def test_a_bare_prompt(imitate: Any) -> None:
    old = {"tokens": ["a"], "token_logprobs": [-1], "top_logprobs": [{"b": -2, "a": -1}]}
    event = {"choices": [{"text": "a", "finish_reason": "stop", "logprobs": old}]}
    backend, server = await imitate({"/v1/completions": stream(event)})
    chunks = await answer(backend, GenerateRequest(prompt=(1, 2), logprobs=2))
    best = Logprob(b"a", -1)
    assert (chunks[1].text, chunks[1].logprobs) == (
        "a", (TokenLogprob(best, (best, Logprob(b"b", -2))),),
    )  # fmt: skip
    assert (server.body["prompt"], server.body["logprobs"]) == ([1, 2], 2)


@pytest.mark.parametrize(
    ("status", "body", "error", "says"),
    [
        (400, {"error": {"message": "too long"}}, InvalidRequest, "^validation error: too long$"),
        (422, {"detail": [{"msg": "bad"}]}, InvalidRequest, r'validation error: \[\{"msg": "bad"'),
        (404, {"error": "no m"}, ModelNotFound, "^model not found: 'm' at .* answered 404: no m"),
        (401, {"message": "who?"}, ModelLoadError, "answered 401: who?"),
        (403, b"", ModelLoadError, "answered 403"),
        (405, b"", Unsupported, "answered 405"),
        (307, b"", InferenceError, "answered 307: it redirects, which is not followed"),
        (500, b"\x00oh\n\n  dear" + b"x" * 9999, InferenceError, "answered 500: oh dear.*x…$"),
        (503, b"[" * 5000, InferenceError, "answered 503"),
    ],
)
async def test_a_refusal(
    imitate: Any, status: int, body: Any, error: type[InferenceError], says: str
) -> None:
    backend, _ = await imitate({CHAT: response(body, status, location="http://h/")})
    with pytest.raises(InferenceError, match=says) as refused:
        await answer(backend)
    assert type(refused.value) is error
    assert refused.value.hint.endswith(".") or error is InvalidRequest
    assert len(refused.value.message) < 700
    assert backend.stats.running == 0


@pytest.mark.parametrize(("wait", "seconds"), [("7", 7), ("0.2", 1), ("1e99", 3600), ("soon", 1)])
async def test_too_many_requests(imitate: Any, wait: str, seconds: int) -> None:
    backend, _ = await imitate({CHAT: response({}, 429, retry_after=wait)})
    with pytest.raises(TooManyRequests, match="answered 429") as refused:
        await answer(backend)
    assert refused.value.retry_after == seconds


async def test_the_key_is_sent_and_never_told(imitate: Any) -> None:
    said = {"error": {"message": "Incorrect API key provided: sk-1."}}
    backend, server = await imitate({CHAT: response(said, 401)}, "sk-1", "A_KEY")
    with pytest.raises(ModelLoadError, match=r"provided: \*\*\*\.") as refused:
        await answer(backend)
    assert refused.value.hint == "Check the key in A_KEY."
    assert server.asked[0][1]["authorization"] == "bearer sk-1"
    assert "sk-1" not in f"{backend.endpoint!r} {refused.value.__cause__!r}"
