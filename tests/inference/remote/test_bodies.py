from __future__ import annotations

from typing import Any

import pytest

from azrun.inference.remote.bodies import chat_body, completion_body, data_url
from azrun.inference.types import GenerateRequest, ImagePart, Message, TextPart, ToolCall

STREAM = {"stream": True, "stream_options": {"include_usage": True}}
HI = (Message("user", "hi"),)


def tool(name: str) -> dict[str, Any]:
    return {"type": "function", "function": {"name": name}}


F, G, H = tool("f"), tool("g"), tool("h")


def test_what_is_not_asked_for_is_left_out() -> None:
    body = chat_body("m", GenerateRequest(messages=HI))
    assert body == {"model": "m", "messages": [{"role": "user", "content": "hi"}], **STREAM}
    body = completion_body("m", GenerateRequest(prompt="hi"))
    assert body == {"model": "m", "prompt": "hi", **STREAM}


def test_everything() -> None:
    body = chat_body(
        "m",
        GenerateRequest(
            HI, max_tokens=5, temperature=0.0, top_p=0.5, top_k=3, min_p=0.1, n=2,
            presence_penalty=1.0, frequency_penalty=-1.0, repeat_penalty=1.1,
            logit_bias=((7, -100.0),), logprobs=0, seed=0, stop=("x", "y"),
        ),
    )  # fmt: skip
    del body["model"], body["messages"]
    assert body == STREAM | {
        "max_tokens": 5, "temperature": 0.0, "top_p": 0.5, "top_k": 3, "min_p": 0.1, "n": 2,
        "presence_penalty": 1.0, "frequency_penalty": -1.0, "repeat_penalty": 1.1,
        "repetition_penalty": 1.1, "logit_bias": {"7": -100.0}, "logprobs": True, "seed": 0,
        "stop": ["x", "y"],
    }  # fmt: skip


def test_a_conversation() -> None:
    png = b"\x89PNG..."
    messages = (
        Message("user", (TextPart("what"), ImagePart(), TextPart("is"), ImagePart())),
        Message("assistant", None, (ToolCall("1", "f", "{}"),)),
        Message("tool", "42", tool_call_id="1"),
    )
    body = chat_body("m", GenerateRequest(messages, images=(png, b"GIF89a")))
    first, call, result = body["messages"]
    assert [part["type"] for part in first["content"]] == ["text", "image_url"] * 2
    urls = [part["image_url"]["url"] for part in first["content"][1::2]]
    assert urls == [data_url(png), data_url(b"GIF89a")]
    function = {"name": "f", "arguments": "{}"}
    assert call == {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "1", "type": "function", "function": function}],
    }
    assert result == {"role": "tool", "content": "42", "tool_call_id": "1"}


@pytest.mark.parametrize(
    ("image", "url"),
    [
        (b"\xff\xd8\xff", "data:image/jpeg;base64,/9j/"),
        (b"GIF89a", "data:image/gif;base64,R0lGODlh"),
        (b"RIFF", "data:image/webp;base64,UklGRg=="),
        (b"?", "data:image/png;base64,Pw=="),
    ],
)
def test_an_image(image: bytes, url: str) -> None:
    assert data_url(image) == url


@pytest.mark.parametrize(
    ("forced", "choice", "sent"),
    [
        ((), None, [F, G, H]),
        (("g",), G, [F, G, H]),
        (("f", "h"), "required", [F, H]),
        (("f", "g", "h"), "required", [F, G, H]),
    ],
)
def test_tools(forced: tuple[str, ...], choice: Any, sent: list[Any]) -> None:
    body = chat_body("m", GenerateRequest(HI, tools=(F, G, H), forced_tools=forced))
    assert (body.get("tool_choice"), body["tools"]) == (choice, sent)
    assert "parallel_tool_calls" not in body
    alone = GenerateRequest(HI, tools=(F,), forced_tools=("f",), parallel_tool_calls=False)
    body = chat_body("m", alone)
    assert (body["tool_choice"], body["parallel_tool_calls"]) == ("required", False)


@pytest.mark.parametrize(
    ("schema", "form"),
    [
        ('{"type": "object"}', {"type": "json_object"}),
        (
            '{"type": "array"}',
            {
                "type": "json_schema",
                "json_schema": {"name": "answer", "schema": {"type": "array"}, "strict": True},
            },
        ),
    ],
)
def test_structured_output(schema: str, form: Any) -> None:
    body = chat_body("m", GenerateRequest(HI, json_schema=schema, logprobs=3))
    assert (body["response_format"], body["logprobs"], body["top_logprobs"]) == (form, True, 3)
