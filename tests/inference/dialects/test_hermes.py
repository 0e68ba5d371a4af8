from __future__ import annotations

import pytest

from azrun.inference.dialects import Text, Thought
from azrun.inference.types import ToolCallDelta

CALL = '<tool_call>\n{"name": "f", "arguments": {"a": {"b": "\u00e9}\\""}}}\n</tool_call>'
F = [ToolCallDelta(0, "f"), ToolCallDelta(0, arguments='{"a": {"b": "\u00e9}\\""}}')]
G = [ToolCallDelta(1, "g"), ToolCallDelta(1, arguments="{}")]


def test_a_call(read):
    assert read("hermes", CALL) == F


def test_text_before_calls_and_after(read):
    text = f'I ask.\n{CALL}\n<tool_call>{{"name": "g", "arguments": {{}}}}</tool_call>\nDone'
    assert read("hermes", text) == [Text("I ask.\n"), *F, *G, Text("Done")]


def test_a_thought_before_a_call(read):
    assert read("hermes", f"<think>\nhm <b> \n</think>\n\n{CALL}") == [Thought("hm <b>"), *F]
    assert read("hermes", f"\nhm\n</think>\n\n{CALL}", thinking=True) == [Thought("hm"), *F]


def test_arguments_before_the_name(read):
    text = '<tool_call>{"arguments": {"a": {"b": "\u00e9}\\""}}, "name": "f"}</tool_call>'
    assert read("hermes", text) == F


def test_more_in_the_object_than_a_call_has(read):
    text = '<tool_call>{"name": "g", "arguments": {}, "id": "}"}</tool_call>x'
    assert read("hermes", text) == [
        ToolCallDelta(0, "g"),
        ToolCallDelta(0, arguments="{}"),
        Text("x"),
    ]


@pytest.mark.parametrize(
    ("arguments", "given"),
    [('"{\\"a\\": 1}"', '{"a": 1}'), ("null", "{}"), ("[1]", "[1]")],
)
def test_arguments_that_are_no_object(read, arguments: str, given: str):
    text = f'<tool_call>{{"name": "f", "arguments": {arguments}}}</tool_call>'
    assert read("hermes", text) == [ToolCallDelta(0, "f"), ToolCallDelta(0, arguments=given)]


def test_a_call_without_arguments(read):
    assert read("hermes", '<tool_call>{"name": "f"}')[1] == ToolCallDelta(0, arguments="{}")


def test_a_call_that_was_cut(read):
    text = '<tool_call>{"name": "f", "arguments": {"a": "b'
    assert read("hermes", text) == [ToolCallDelta(0, "f"), ToolCallDelta(0, arguments='{"a": "b')]


def test_a_call_whose_end_is_missing(read):
    text = '<tool_call>{"name": "f", "arguments": {}, "b": 1 and so on'
    assert read("hermes", text) == [
        ToolCallDelta(0, "f"),
        ToolCallDelta(0, arguments="{}"),
        Text(', "b": 1 and so on'),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nothing",
        "a < b, <tool_cal",
        "<tool_call>{",
        "<tool_call>no</tool_call> and more",
        "<tool_call>{}</tool_call>",
        '<tool_call>{"name": 3}</tool_call>',
        '<tool_call>{"name": "", "arguments": {}}</tool_call>',
        '<tool_call>{"name": "' + "a" * 3000,
        "<tool_call>" + '{"a":' * 2000 + "1" + "}" * 2000,
    ],
)
def test_what_is_no_call_is_text(read, text: str):
    assert read("hermes", text) == ([Text(text)] if text else [])


def test_a_call_after_what_is_none(read):
    assert read("hermes", "<tool_call>no " + CALL) == [Text("<tool_call>no "), *F]


def test_without_tools_it_is_all_text(read):
    assert read("hermes", CALL, tools={}) == [Text(CALL)]
