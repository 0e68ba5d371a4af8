from __future__ import annotations

import pytest

from azrun.inference.dialects import Text, Thought
from azrun.inference.types import ToolCallDelta

F = [ToolCallDelta(0, "f"), ToolCallDelta(0, arguments='{"a": [1]}')]
G = [ToolCallDelta(1, "g"), ToolCallDelta(1, arguments="{}")]


@pytest.mark.parametrize(
    "text",
    [
        '[TOOL_CALLS][{"name": "f", "arguments": {"a": [1]}}]',
        '[TOOL_CALLS] [ {"name": "f", "arguments": {"a": [1]}, "id": "abcdefghi"} ] ',
        '[TOOL_CALLS]f[ARGS]{"a": [1]}',
        '[TOOL_CALLS] f[CALL_ID]abc123[ARGS] {"a": [1]}\n',
        '[TOOL_CALLS][{"name": "f", "arguments": {"a": [1]}',
    ],
)
def test_a_call(read, text: str):
    assert read("mistral", text) == F


def test_several(read):
    listed = '[TOOL_CALLS][{"name": "f", "arguments": {"a": [1]}}, {"name": "g", "arguments": {}}]'
    named = '[TOOL_CALLS]f[ARGS]{"a": [1]}[TOOL_CALLS]g[ARGS]{}'
    assert read("mistral", listed) == [*F, *G]
    assert read("mistral_named", named) == [*F, *G]


def test_text_and_thoughts(read):
    text = '[THINK]hm[/THINK]I ask. [TOOL_CALLS]f[ARGS]{"a": [1]}'
    assert read("mistral_named", text) == [Thought("hm"), Text("I ask. "), *F]


@pytest.mark.parametrize(
    "text",
    [
        "[TOOL_CALLS] 3",
        "[TOOL_CALLS][[]]",
        "[TOOL_CALLS]f{}",
        "[TOOL_CALLS]f[ARGS]",
        "[TOOL_CALLS]f [ARGS]3",
        "[TOOL_CALLS]two words [ARGS]{}",
        "[TOOL_CALLS]",
        "[TOOL_CALLS]" + "a" * 3000 + "[ARGS]{}",
        "[TOOL_CAL",
    ],
)
def test_what_is_no_call_is_text(read, text: str):
    assert read("mistral", text) == [Text(text)]
