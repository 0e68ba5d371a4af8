from __future__ import annotations

import pytest

from azrun.inference.tool_calls import ToolCallReader, read_calls
from azrun.inference.types import Chunk, ToolCall, Usage

CALL = '<tool_call>\n{"name": "f", "arguments": {"a": {"b": "\u00e9"}}}\n</tool_call>'
F = ToolCall("", "f", '{"a": {"b": "\u00e9"}}')


def read(text: str, size: int = 3) -> tuple[str, tuple[ToolCall, ...]]:
    reader = ToolCallReader()
    shown = "".join(reader.feed(text[at : at + size]) for at in range(0, len(text), size))
    rest, calls = reader.finish()
    return shown + rest, calls


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_hermes(size: int):
    assert read(CALL, size) == ("", (F,))
    assert read(f"I ask.\n{CALL}\n{CALL}", size) == ("I ask.\n", (F, F))


@pytest.mark.parametrize(
    "text",
    [
        '[TOOL_CALLS] [{"name": "f", "arguments": {"a": 1}}]',
        '[TOOL_CALLS]f[ARGS]{"a": 1}',
        '[TOOL_CALLS]f[CALL_ID]abc123[ARGS]{"a": 1}',
    ],
)
def test_mistral(text: str):
    assert read(text) == ("", (ToolCall("", "f", '{"a": 1}'),))


def test_several_of_mistral():
    text = '[TOOL_CALLS]f[ARGS]{"a": [1]}[TOOL_CALLS]g[ARGS]{}'
    assert read(text)[1] == (ToolCall("", "f", '{"a": [1]}'), ToolCall("", "g", "{}"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "a < b, <tool_cal",
        "<tool_call>{",
        "<tool_call>{}</tool_call>",
        '<tool_call>{"name": 3}</tool_call>',
        "[TOOL_CALLS] 3",
        "[TOOL_CALLS] [[]]",
    ],
)
def test_what_is_no_call_is_text(text: str):
    assert read(text) == (text, ())


@pytest.mark.anyio
async def test_chunks():
    async def chunks():
        yield Chunk(0, "a", Usage(1, 1))
        yield Chunk(0, CALL[:9], Usage(1, 2))
        yield Chunk(0, CALL[9:], Usage(1, 3))
        yield Chunk(0, "", Usage(1, 4), "stop")
        yield Chunk(1, "b<tool", Usage(1, 5))
        yield Chunk(1, "", Usage(1, 6), "length")

    assert [chunk async for chunk in read_calls(chunks())] == [
        Chunk(0, "a", Usage(1, 1)),
        Chunk(0, "", Usage(1, 4), "tool_calls", None, (F,)),
        Chunk(1, "b", Usage(1, 5)),
        Chunk(1, "<tool", Usage(1, 6), "length"),
    ]
