from __future__ import annotations

from typing import Any

import pytest

from .checking import (
    CALL,
    IMAGE,
    PLAIN,
    TEXT,
    accepted,
    refused,
    says,
)


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (3, "messages[0]: must be an object, got 3"),
        ({"content": "x"}, "messages[0].role: is required"),
        (
            {"role": "developer", "content": "x"},
            'messages[0].role: must be system, user, assistant or tool, got "developer"',
        ),
        ({"role": "system"}, "messages[0].content: is required"),
        ({"role": "user"}, "messages[0].content: is required"),
        (
            {"role": "user", "content": None},
            "messages[0].content: must be a string or an array of content parts, got null",
        ),
        (
            {"role": "system", "content": {"type": "text"}},
            'messages[0].content: must be a string or an array of text parts, got {"type": "text"}',
        ),
        (
            {"role": "user", "content": ["x"]},
            'messages[0].content[0]: must be an object, got "x"',
        ),
        (
            {"role": "user", "content": [{"type": "input_audio"}]},
            'messages[0].content[0].type: must be text or image_url, got "input_audio"',
        ),
        (
            {"role": "user", "content": [{"text": "x"}]},
            "messages[0].content[0].type: is required",
        ),
        (
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text"}]},
            "messages[0].content[1].text: is required",
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": "https://x"}]},
            'messages[0].content[0].image_url: must be an object, got "https://x"',
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {}}]},
            "messages[0].content[0].image_url.url: is required",
        ),
        (
            {"role": "assistant"},
            "messages[0].content: is required where there are no tool_calls",
        ),
        (
            {"role": "assistant", "content": None, "tool_calls": []},
            "messages[0].content: is required where there are no tool_calls",
        ),
        (
            {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f"}}]},
            "messages[0].tool_calls[0].function.arguments: is required",
        ),
        (
            {"role": "assistant", "tool_calls": [{**CALL, "type": "x"}]},
            "messages[0].tool_calls[0].type: must be 'function', got \"x\"",
        ),
        ({"role": "tool", "content": "x"}, "messages[0].tool_call_id: is required"),
        (
            {"role": "user", "content": "\ud800"},
            "messages[0].content: is not Unicode: it holds half of a surrogate pair",
        ),
    ],
)
def test_messages_that_are_wrong(message: Any, problem: str):
    assert refused(says(message)).startswith(problem)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "system", "content": "be"},
        {"role": "system", "content": [{"type": "text", "text": "be"}]},
        {"role": "user", "content": [{"type": "text", "text": "what is"}, IMAGE]},
        {"role": "user", "content": ""},
        {"role": "assistant", "content": "x", "tool_calls": [], "reasoning_content": None},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "content": "x", "tool_call_id": "1"},
    ],
)
def test_messages_that_are_right(message: dict[str, Any]):
    assert accepted(says(message)).messages[0].role == message["role"]


def test_images_on_a_text_model():
    message = {"role": "user", "content": [{"type": "text", "text": "a"}, IMAGE]}
    assert refused(says(message), TEXT) == f"messages[0].content[1]: {TEXT} takes no images"


def test_gpt_oss_takes_strings_only():
    message = {"role": "user", "content": [{"type": "text", "text": "a"}]}
    problem = "messages[0].content: must be a string for gpt-oss-20b, got an array"
    assert refused(says(message), PLAIN) == problem
    assert accepted(says(message), TEXT)
