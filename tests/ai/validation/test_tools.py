from __future__ import annotations

from typing import Any

import pytest

from azrun.inference.catalogue import BY_ID

from .checking import (
    CALL,
    OCR,
    TOOL,
    accepted,
    chat,
    refused,
    says,
)


@pytest.mark.parametrize(
    ("tool", "problem"),
    [
        ({"type": "function"}, "tools[0].function: is required"),
        ({"type": "function", "function": {}}, "tools[0].function.name: is required"),
        ({**TOOL, "type": "retrieval"}, "tools[0].type: must be 'function', got \"retrieval\""),
        (
            {"type": "function", "function": {"name": "f", "parameters": "x"}},
            'tools[0].function.parameters: must be an object, got "x"',
        ),
    ],
)
def test_tools_that_are_wrong(tool: dict[str, Any], problem: str):
    assert refused(chat(tools=[tool])) == problem


@pytest.mark.parametrize(
    ("inside", "problem"),
    [
        ("\ud800", "a text is not Unicode"),
        (float("inf"), "is not JSON: Out of range float values"),
        (b"x", "is not JSON: Object of type bytes"),
    ],
)
def test_tools_that_are_no_json(inside: Any, problem: str):
    tool = {**TOOL, "function": {"name": "f", "parameters": {"x": inside}}}
    assert refused(chat(tools=[tool])).startswith(f"tools: {problem}")


def test_tools_that_are_too_deep():
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    tool = {**TOOL, "function": {"name": "f", "parameters": {"x": deep}}}
    assert refused(chat(tools=[tool])) == "tools: nested more than 64 deep"


def test_too_many_tools():
    assert refused(chat(tools=[TOOL] * 129)) == "tools: holds 129 tools, 128 is the most"


def test_a_tool_needs_a_name():
    tool = {"type": "function", "function": {"name": ""}}
    assert refused(chat(tools=[tool])) == "tools[0].function.name: must not be empty"


@pytest.mark.parametrize("id", [name for name, spec in BY_ID.items() if spec.tools])
def test_tools_where_they_are_documented(id: str):
    assert accepted(chat(tools=[TOOL]), id).tools


@pytest.mark.parametrize("id", [OCR, "opengvlab-internvl3-1b-instruct"])
def test_tools_where_they_are_not(id: str):
    assert refused(chat(tools=[TOOL]), id) == f"tools: {id} takes no tools"
    assert accepted(chat(tools=[]), id)
    answer = {"role": "tool", "content": "x", "tool_call_id": "1"}
    assert refused(says(answer), id).startswith("messages[0].role: ")
    call = {"role": "assistant", "tool_calls": [CALL]}
    assert refused(says(call), id).startswith("messages[0].tool_calls: ")
