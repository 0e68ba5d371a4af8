"""What a chat answers: the bodies of Azion's model pages, every null in its place.

They are vLLM's; where the pages show nothing (the chunks of a stream, log-probabilities), so are
these.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from typing import Any

from azrun.ai.answers import Answer
from azrun.inference.types import Chunk, Logprob, TokenLogprob, ToolCallDelta, Usage

LEAST_LOGPROB = -9999.0


class ChatResponse:
    """What all bodies of one call share: the id, the time, and the model id that was asked for."""

    def __init__(self, model: str) -> None:
        self.model, self.id = model, new_id("chatcmpl")
        self.created = int(time.time())

    def whole(self, answers: Sequence[Answer], usage: Usage) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [_choice(answer) for answer in answers],
            "usage": usage_body(usage),
            "prompt_logprobs": None,
        }

    def opening(self, index: int) -> dict[str, Any]:
        """Answer `index` begins: its first body says whose words these are."""
        return self._body(index, {"role": "assistant", "content": ""})

    def piece(self, chunk: Chunk) -> dict[str, Any]:
        """What a chunk adds to its answer; the last one says why the answer ends."""
        if not (chunk.reasoning or chunk.tool_calls or chunk.logprobs or chunk.finish_reason):
            return self._body(chunk.index, {"content": chunk.text})
        body = self._body(chunk.index, _delta(chunk))
        choice = body["choices"][0]
        choice["logprobs"] = logprobs_body(chunk.logprobs)
        if chunk.finish_reason is not None:
            choice["finish_reason"] = chunk.finish_reason
            choice["stop_reason"] = chunk.stop_reason
        return body

    def usage(self, usage: Usage) -> dict[str, Any]:
        """The body after all others, for who asked for it."""
        return {**self._body(0, {}), "choices": [], "usage": usage_body(usage)}

    def _body(self, index: int, delta: dict[str, Any]) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}
        return {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": [choice],
        }


def new_id(kind: str) -> str:
    return f"{kind}-{uuid.uuid4().hex}"


def usage_body(usage: Usage) -> dict[str, Any]:
    """`prompt_tokens_details` is null where nothing was saved, as on Azion's pages."""
    return {
        "prompt_tokens": usage.prompt_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "completion_tokens": usage.completion_tokens,
        "prompt_tokens_details": (
            {"cached_tokens": usage.cached_tokens} if usage.cached_tokens else None
        ),
    }


def logprobs_body(tokens: Sequence[TokenLogprob]) -> dict[str, Any] | None:
    if not tokens:
        return None
    return {
        "content": [
            _logprob(token.chosen) | {"top_logprobs": [*map(_logprob, token.top)]}
            for token in tokens
        ]
    }


def _logprob(one: Logprob) -> dict[str, Any]:
    """A token may be a part of a character: its bytes are true, its text then is not."""
    return {
        "token": one.token.decode(errors="replace"),
        "logprob": logprob_value(one),
        "bytes": [*one.token],
    }


def logprob_value(one: Logprob) -> float:
    """JSON has no -Infinity; this is vLLM's word for it."""
    return max(one.logprob, LEAST_LOGPROB)


def _delta(chunk: Chunk) -> dict[str, Any]:
    delta: dict[str, Any] = {}
    if chunk.reasoning:
        delta["reasoning_content"] = chunk.reasoning
    if chunk.tool_calls:
        delta["tool_calls"] = [*map(_call_delta, chunk.tool_calls)]
    if chunk.text or not delta:
        delta["content"] = chunk.text
    return delta


def _call_delta(call: ToolCallDelta) -> dict[str, Any]:
    if not call.name:
        return {"index": call.index, "function": {"arguments": call.arguments}}
    return {"index": call.index, **_call(call.name, call.arguments)}


def _call(name: str, arguments: str) -> dict[str, Any]:
    return {
        "id": new_id("chatcmpl-tool"),
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def _choice(answer: Answer) -> dict[str, Any]:
    calls = [_call(name, arguments) for name, arguments in answer.calls]
    return {
        "index": answer.index,
        "message": {
            "role": "assistant",
            "reasoning_content": "".join(answer.thoughts) or None,
            "content": "".join(answer.texts) or (None if calls else ""),
            "tool_calls": calls,
        },
        "logprobs": logprobs_body(answer.logprobs),
        "finish_reason": answer.finish_reason,
        "stop_reason": answer.stop_reason,
    }
