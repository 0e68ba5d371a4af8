"""Tool calls in what a model writes: Hermes' form, which Qwen's models use, and Mistral's."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import replace
from typing import Any

from azrun.inference.overlap import overlap
from azrun.inference.types import Chunk, ToolCall

HERMES, MISTRAL = "<tool_call>", "[TOOL_CALLS]"
MARKERS = (HERMES, MISTRAL)
_HERMES = re.compile(r"<tool_call>\s*(\{.*?\})\s*</tool_call>", re.DOTALL)
_MISTRAL = re.compile(
    r"\[TOOL_CALLS\]\s*([\w.-]+)(?:\[CALL_ID\]\w+)?\[ARGS\]\s*(\{.*?\})\s*(?=\[TOOL_CALLS\]|$)",
    re.DOTALL,
)


class ToolCallReader:
    """Tells text from calls while a model writes; the calls have no ids yet."""

    def __init__(self) -> None:
        self._held = ""
        self._calling = False

    def feed(self, text: str) -> str:
        """What is surely no call."""
        self._held += text
        if self._calling:
            return ""
        found = [at for marker in MARKERS if (at := self._held.find(marker)) >= 0]
        self._calling = bool(found)
        cut = min(found) if found else len(self._held) - overlap(self._held, MARKERS)
        shown, self._held = self._held[:cut], self._held[cut:]
        return shown

    def finish(self) -> tuple[str, tuple[ToolCall, ...]]:
        """When no more text comes: the calls, or the rest of the text where there are none."""
        calls = _calls(self._held) if self._calling else ()
        return ("", calls) if calls else (self._held, ())


async def read_calls(chunks: AsyncIterable[Chunk]) -> AsyncGenerator[Chunk, None]:
    """The same chunks, with calls where their text has been."""
    reader = ToolCallReader()
    async for chunk in chunks:
        text = reader.feed(chunk.text)
        if chunk.finish_reason is None:
            if text:
                yield replace(chunk, text=text)
            continue
        rest, calls = reader.finish()
        reader = ToolCallReader()
        reason = "tool_calls" if calls else chunk.finish_reason
        yield replace(chunk, text=text + rest, finish_reason=reason, tool_calls=calls)


def _calls(text: str) -> tuple[ToolCall, ...]:
    try:
        if text.startswith(HERMES):
            return tuple(_call(json.loads(body)) for body in _HERMES.findall(text))
        named = _MISTRAL.findall(text)
        if named:
            return tuple(_call({"name": n, "arguments": json.loads(a)}) for n, a in named)
        return tuple(_call(one) for one in json.loads(text.removeprefix(MISTRAL)))
    except (ValueError, KeyError, TypeError, RecursionError):
        return ()


def _call(value: Any) -> ToolCall:
    if not isinstance(value, dict) or not isinstance(value["name"], str):
        raise TypeError("a call is an object with a name")
    arguments = value.get("arguments", {})
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return ToolCall("", value["name"], text)
