from __future__ import annotations

import pytest

from azrun.inference.dialects import (
    Text,
    Thought,
    detect,
    opens_thought,
    reader,
    shows_special,
)
from azrun.inference.types import ToolCallDelta


def test_plain_text(read):
    assert read("plain", "hi <there>") == [Text("hi <there>")]
    assert read("never heard of", "hi") == [Text("hi")]


def test_thoughts(read):
    assert read("plain", "<think>\na\n\nb\n</think>\n\nhi") == [Thought("a\n\nb"), Text("hi")]
    assert read("plain", "a\n</think>hi", thinking=True) == [Thought("a"), Text("hi")]
    assert read("plain", "<think>\n\n</think>\n\nhi") == [Text("hi")]


def test_a_thought_that_was_cut(read):
    assert read("plain", "<think>a</thi") == [Thought("a</thi")]


@pytest.mark.parametrize("text", ["a <think>b</think>", "<thin", " \n", "</think>"])
def test_what_is_no_thought(read, text: str):
    assert read("plain", text) == [Text(text)]


def test_nothing_is_held_back_that_need_not_be():
    one = reader("hermes", tools={"f": {}}, thinking=False)
    assert one.feed("abc <") == [Text("abc ")]
    assert one.feed("b") == [Text("<b")]
    assert one.feed('<tool_call>{"name": "f", "arguments": {"a":') == [
        ToolCallDelta(0, "f"),
        ToolCallDelta(0, arguments='{"a":'),
    ]
    assert one.feed(' "b') == [ToolCallDelta(0, arguments=' "b')]


@pytest.mark.parametrize(
    ("template", "dialect"),
    [
        ("{{ messages }}", "plain"),
        ("{{ '<tool_call>' }}", "hermes"),
        ("<tool_call>\n<function=f>", "qwen_coder"),
        ("<tool_call>{{ name }}\n<arg_key>", "glm"),
        ('<minimax:tool_call>\n<invoke name="f">', "minimax"),
        ('<tool_call>\n<invoke name="f">', "plain"),
        ("[TOOL_CALLS]", "mistral"),
        ("[TOOL_CALLS]f[ARGS]", "mistral_named"),
        ("<|start|>assistant<|channel|>", "harmony"),
        ('<|start_header_id|> {"name": ..., "parameters": ...}', "llama3"),
        ("<|start_header_id|>", "plain"),
    ],
)
def test_detect(template: str, dialect: str):
    assert detect(template) == dialect


def test_special_tokens():
    assert shows_special("harmony", tools=False)
    assert shows_special("hermes", tools=True)
    assert not shows_special("hermes", tools=False)
    assert not shows_special("plain", tools=True)


def test_opens_thought():
    assert opens_thought("plain", "<|im_start|>assistant\n<think>\n")
    assert opens_thought("harmony", "<|channel|>analysis<|message|>")
    assert not opens_thought("hermes", "<think>\n\n</think>\n\n")
