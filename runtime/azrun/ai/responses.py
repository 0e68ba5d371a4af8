"""What `Azion.AI.run` answers: the bodies of Azion's model pages, every null in its place.

They are vLLM's; where the pages show nothing (the chunks of a stream), so are these.
"""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from azrun.inference.types import ToolCall, Usage


@dataclass(slots=True)
class Answer:
    """One answer as it grows."""

    texts: list[str] = field(default_factory=list)
    calls: list[dict[str, Any]] = field(default_factory=list)
    finish_reason: str | None = None
    stop_reason: str | None = None


@dataclass(frozen=True, slots=True)
class ChatResponse:
    """What all bodies of one call share: the id, the time, and the model id that was asked for."""

    model: str
    id: str = field(default_factory=lambda: f"chatcmpl-{uuid.uuid4().hex}")
    created: int = field(default_factory=lambda: int(time.time()))

    def completion(self, answers: list[Answer], usage: Usage) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [_choice(index, answer) for index, answer in enumerate(answers)],
            "usage": _usage(usage),
            "prompt_logprobs": None,
        }

    def opening(self, index: int) -> dict[str, Any]:
        """Answer `index` begins: its first chunk says whose words these are."""
        return self._chunk(index, {"role": "assistant", "content": ""})

    def piece(self, index: int, text: str) -> dict[str, Any]:
        return self._chunk(index, {"content": text})

    def calls(self, index: int, calls: list[dict[str, Any]]) -> dict[str, Any]:
        """All calls of answer `index` at once."""
        numbered = [{"index": number, **call} for number, call in enumerate(calls)]
        return self._chunk(index, {"tool_calls": numbered})

    def closing(self, index: int, text: str, finish: str, stop: str | None) -> dict[str, Any]:
        """Answer `index` ends, with the last of its text."""
        return self._chunk(index, {"content": text}, finish, {"stop_reason": stop})

    def usage(self, usage: Usage) -> dict[str, Any]:
        """The chunk after all others, for who asked for it."""
        return {**self._envelope(), "choices": [], "usage": _usage(usage)}

    def _envelope(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
        }

    def _chunk(
        self,
        index: int,
        delta: dict[str, Any],
        finish: str | None = None,
        more: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        choice = {"index": index, "delta": delta, "logprobs": None, "finish_reason": finish}
        return {**self._envelope(), "choices": [choice | (more or {})]}


def tool_call(call: ToolCall) -> dict[str, Any]:
    return {
        "id": f"chatcmpl-tool-{uuid.uuid4().hex}",
        "type": "function",
        "function": {"name": call.name, "arguments": call.arguments},
    }


def _choice(index: int, answer: Answer) -> dict[str, Any]:
    return {
        "index": index,
        "message": {
            "role": "assistant",
            "reasoning_content": None,
            "content": "".join(answer.texts) or (None if answer.calls else ""),
            "tool_calls": answer.calls,
        },
        "logprobs": None,
        "finish_reason": answer.finish_reason,
        "stop_reason": answer.stop_reason,
    }


def _usage(usage: Usage) -> dict[str, Any]:
    return {
        "prompt_tokens": usage.prompt_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
        "completion_tokens": usage.completion_tokens,
        "prompt_tokens_details": None,
    }
