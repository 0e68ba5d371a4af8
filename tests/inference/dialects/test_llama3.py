from __future__ import annotations

import pytest

from azrun.inference.dialects import Text
from azrun.inference.types import ToolCallDelta

F = [ToolCallDelta(0, "f"), ToolCallDelta(0, arguments='{"a": 1}')]
G = [ToolCallDelta(1, "g"), ToolCallDelta(1, arguments="{}")]
CALL = '{"name": "f", "parameters": {"a": 1}}'


@pytest.mark.parametrize(
    "text",
    [
        CALL,
        f"\n<|python_tag|>{CALL}\n",
        '{"type": "function", "name": "f", "parameters": {"a": 1}}',
        '{"name": "f", "arguments": {"a": 1}}',
    ],
)
def test_a_call(read, text: str):
    assert read("llama3", text) == F


def test_several(read):
    assert read("llama3", CALL + '; {"name": "g", "parameters": {}}') == [*F, *G]


@pytest.mark.parametrize(
    "text",
    ["I say {", '{"a": 1} is JSON', '<|python_tag|>brave_search.call(query="x")', "{"],
)
def test_what_is_no_call_is_text(read, text: str):
    assert read("llama3", text) == [Text(text)]


def test_without_tools_it_is_all_text(read):
    assert read("llama3", CALL, tools={}) == [Text(CALL)]
