from __future__ import annotations

from typing import Any

import pytest

from azrun.ai.messages import generate_request, image_urls
from azrun.ai.requests import ChatRequest
from azrun.ai.validation import parse
from azrun.inference.catalogue import BY_ID
from azrun.inference.types import GenerateRequest, ImagePart, TextPart

VL = "qwen-qwen25-vl-3b-instruct-awq"
USER = {"role": "user", "content": "hi"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def tool(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"x-own": 1}}, "y-own": 2}


def asked(images: tuple[bytes, ...] = (), **fields: Any) -> GenerateRequest:
    given = {"messages": [USER], **fields}
    request = parse(VL, BY_ID[VL], given)
    assert isinstance(request, ChatRequest)
    return generate_request(request, images, tuple(given.get("tools", ())), BY_ID[VL])


def test_what_is_not_said():
    request = asked()
    assert request == GenerateRequest(messages=request.messages, window=32_768)


def test_messages():
    content = [{"type": "text", "text": "see"}, IMAGE]
    request = asked(
        images=(b"png",),
        messages=[
            {"role": "system", "content": "be"},
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "tool", "content": "x", "tool_call_id": "1"},
            {"role": "user", "content": content},
        ],
    )
    assert [message.role for message in request.messages] == ["system", "assistant", "tool", "user"]
    assert request.messages[1].content is None
    assert request.messages[1].tool_calls[0].name == "f"
    assert request.messages[2].tool_call_id == "1"
    image = ImagePart("messages[3].content[1].image_url.url")
    assert request.messages[3].content == (TextPart("see"), image)
    assert request.images == (b"png",)


def test_image_urls():
    request = parse(VL, BY_ID[VL], {"messages": [{"role": "user", "content": [IMAGE]}]})
    assert isinstance(request, ChatRequest)
    path, url = "messages[0].content[0].image_url.url", "https://example.com/a.png"
    assert list(image_urls(request)) == [(path, url)]


@pytest.mark.parametrize(
    ("field", "value", "name", "passed"),
    [
        ("temperature", 0.5, "temperature", 0.5),
        ("top_p", 0.9, "top_p", 0.9),
        ("n", 3, "n", 3),
        ("presence_penalty", 1, "presence_penalty", 1),
        ("frequency_penalty", -1, "frequency_penalty", -1),
        ("max_tokens", 5, "max_tokens", 5),
        ("max_completion_tokens", 6, "max_tokens", 6),
        ("seed", 42, "seed", 42),
        ("stop", "end", "stop", ("end",)),
        ("stop", ["a", "b"], "stop", ("a", "b")),
        ("top_k", 40, "top_k", 40),
        ("top_k", -1, "top_k", 0),
        ("min_p", 0.1, "min_p", 0.1),
        ("repeat_penalty", 1.1, "repeat_penalty", 1.1),
        ("repetition_penalty", 1.2, "repeat_penalty", 1.2),
        ("logit_bias", {"50": -100, "7": 1.5}, "logit_bias", ((50, -100), (7, 1.5))),
        ("logprobs", True, "logprobs", 0),
        ("logprobs", False, "logprobs", None),
        ("response_format", {"type": "text"}, "json_schema", None),
        ("response_format", {"type": "json_object"}, "json_schema", '{"type":"object"}'),
    ],
)
def test_settings(field: str, value: Any, name: str, passed: Any):
    assert getattr(asked(**{field: value}), name) == passed


def test_max_completion_tokens_wins():
    assert asked(max_tokens=3, max_completion_tokens=4).max_tokens == 4


def test_alternatives():
    assert asked(logprobs=True, top_logprobs=5).logprobs == 5


@pytest.mark.parametrize(
    "inside",
    [
        {"json_schema": {"name": "x", "strict": True, "schema": {"type": "integer"}}},
        {"json_schema": {"schema": {"type": "integer"}}},
        {"json_schema": {"type": "integer"}},
    ],
)
def test_a_schema_in_its_envelope_or_bare(inside: dict[str, Any]):
    request = asked(response_format={"type": "json_schema", **inside})
    assert request.json_schema == '{"type": "integer"}'


@pytest.mark.parametrize(
    ("choice", "passed", "forced"),
    [
        (None, 2, ()),
        ("auto", 2, ()),
        ("none", 0, ()),
        ("required", 2, ("f", "g")),
        ({"type": "function", "function": {"name": "g"}}, 2, ("g",)),
    ],
)
def test_tool_choice(choice: Any, passed: int, forced: tuple[str, ...]):
    tools = [tool("f"), tool("g")]
    request = asked(tools=tools, tool_choice=choice)
    assert request.tools == tuple(tools[:passed])
    assert request.forced_tools == forced
    assert request.parallel_tool_calls


def test_one_call_at_a_time():
    assert not asked(tools=[tool("f")], parallel_tool_calls=False).parallel_tool_calls
