from __future__ import annotations

import pytest

from azrun.inference.dialects import Text, Thought
from azrun.inference.types import ToolCallDelta

ANALYSIS = "<|channel|>analysis<|message|>hm\n<|end|><|start|>assistant"
FINAL = "<|channel|>final<|message|>hi < you"
F = [ToolCallDelta(0, "f.g"), ToolCallDelta(0, arguments='{"a": 1}')]


def test_thought_and_text(read):
    assert read("harmony", ANALYSIS + FINAL) == [Thought("hm\n"), Text("hi < you")]
    assert read("harmony", ANALYSIS + FINAL + "<|return|>", tools={})[1] == Text("hi < you")


def test_a_thought_that_the_prompt_began(read):
    text = "hm<|end|><|start|>assistant" + FINAL
    assert read("harmony", text, thinking=True) == [Thought("hm"), Text("hi < you")]


@pytest.mark.parametrize(
    "header",
    [
        "<|channel|>commentary to=functions.f.g <|constrain|>json<|message|>",
        "<|channel|>commentary to=functions.f.g<|message|>",
        "<|channel|>analysis to=functions.f.g code<|message|>",
        " to=functions.f.g<|channel|>commentary json<|message|>",
    ],
)
def test_a_call(read, header: str):
    assert read("harmony", header + '{"a": 1}') == F
    assert read("harmony", header + '{"a": 1}<|call|>') == F


def test_all_of_it(read):
    text = (
        ANALYSIS
        + "<|channel|>commentary<|message|>I ask.<|end|><|start|>assistant"
        + '<|channel|>commentary to=functions.f.g <|constrain|>json<|message|>{"a": 1}<|call|>'
        + "<|start|>assistant<|channel|>commentary to=functions.h<|message|><|call|>"
    )
    expected = [Thought("hm\n"), Text("I ask."), *F]
    expected += [ToolCallDelta(1, "h"), ToolCallDelta(1, arguments="{}")]
    assert read("harmony", text) == expected


@pytest.mark.parametrize("text", ["hi", "hi <|there", " \n", "a < b"])
def test_text_without_a_header(read, text: str):
    assert read("harmony", text) == [Text(text)]


def test_a_header_that_was_cut(read):
    assert read("harmony", "<|channel|>fin") == [Text("<|channel|>fin")]


def test_a_header_without_an_end(read):
    header = "<|channel|>" + "a" * 3000 + "<|message|>hi"
    assert read("harmony", header)[0] == Text("<|channel|>" + "a" * 3000 + "<|message|>hi")


def test_a_call_without_tools_is_text(read):
    text = '<|channel|>commentary to=functions.f<|message|>{"a": 1}'
    assert read("harmony", text, tools={}) == [Text('{"a": 1}')]
