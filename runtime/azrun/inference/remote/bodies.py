"""Our requests, as OpenAI's API has them."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from azrun.inference.types import GenerateRequest, ImagePart, Message, TextPart

_IMAGES = (
    (b"\x89PNG", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
    (b"BM", "image/bmp"),
)
ANY_OBJECT = {"type": "object"}


def chat_body(model: str, request: GenerateRequest) -> dict[str, Any]:
    """For `/chat/completions`."""
    images = iter(request.images)
    body = {
        "model": model,
        "messages": [_message(message, images) for message in request.messages],
        **_common(request),
        **_tools(request),
    }
    if request.logprobs is not None:
        body["logprobs"] = True
        if request.logprobs:
            body["top_logprobs"] = request.logprobs
    if request.json_schema is not None:
        body["response_format"] = _format(json.loads(request.json_schema))
    return body


def completion_body(model: str, request: GenerateRequest) -> dict[str, Any]:
    """For `/completions`."""
    prompt = request.prompt
    body = {
        "model": model,
        "prompt": list(prompt) if isinstance(prompt, tuple) else prompt,
        **_common(request),
    }
    return body if request.logprobs is None else body | {"logprobs": request.logprobs}


def _common(request: GenerateRequest) -> dict[str, Any]:
    """What is not asked for is left out: servers differ in what they know and in defaults."""
    given = {
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": request.top_k,
        "min_p": request.min_p,
        "n": request.n if request.n > 1 else None,
        "presence_penalty": request.presence_penalty or None,
        "frequency_penalty": request.frequency_penalty or None,
        "repeat_penalty": request.repeat_penalty,  # llama-server's word, and vLLM's
        "repetition_penalty": request.repeat_penalty,
        "logit_bias": {str(token): bias for token, bias in request.logit_bias} or None,
        "seed": request.seed,
        "stop": list(request.stop) or None,
    }
    asked = {name: value for name, value in given.items() if value is not None}
    return asked | {"stream": True, "stream_options": {"include_usage": True}}


def _tools(request: GenerateRequest) -> dict[str, Any]:
    if not request.tools:
        return {}
    forced, tools = request.forced_tools, list(request.tools)
    body: dict[str, Any] = {} if request.parallel_tool_calls else {"parallel_tool_calls": False}
    if len(forced) == 1 < len(tools):
        choice = {"type": "function", "function": {"name": forced[0]}}
        return body | {"tools": tools, "tool_choice": choice}
    if forced:
        tools = [tool for tool in tools if tool["function"]["name"] in forced]
        return body | {"tools": tools, "tool_choice": "required"}
    return body | {"tools": tools}


def _format(schema: Any) -> dict[str, Any]:
    if schema == ANY_OBJECT:
        return {"type": "json_object"}
    named = {"name": "answer", "schema": schema, "strict": True}
    return {"type": "json_schema", "json_schema": named}


def _message(message: Message, images: Iterator[bytes]) -> dict[str, Any]:
    content = message.content
    if isinstance(content, tuple):
        body: dict[str, Any] = {"content": [_part(part, images) for part in content]}
    else:
        body = {"content": content}
    if message.tool_calls:
        body["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return {"role": message.role, **body}


def _part(part: TextPart | ImagePart, images: Iterator[bytes]) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    return {"type": "image_url", "image_url": {"url": data_url(next(images))}}


def data_url(image: bytes) -> str:
    """An encoded image file as a `data:` URL."""
    kind = next((kind for start, kind in _IMAGES if image.startswith(start)), "image/png")
    return f"data:{kind};base64,{base64.b64encode(image).decode()}"
