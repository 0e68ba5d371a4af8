"""From a validated chat request to what a backend takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from azrun.ai import requests as asked
from azrun.inference.catalogue import CatalogueModel
from azrun.inference.types import GenerateRequest, ImagePart, Message, TextPart, ToolCall


def image_urls(request: asked.ChatRequest) -> Iterator[tuple[str, str]]:
    """Each image's JSON path and its URL, in their order."""
    for index, message in enumerate(request.messages):
        if isinstance(message.content, list):
            for number, part in enumerate(message.content):
                if isinstance(part, asked.ImagePart):
                    yield _path(index, number), part.image_url.url


def generate_request(
    request: asked.ChatRequest,
    images: tuple[bytes, ...],
    tools: tuple[dict[str, Any], ...],
    spec: CatalogueModel | None,
) -> GenerateRequest:
    """`tools` are passed as they came: a chat template may read more of them than we check."""
    stop = request.stop or ()
    return GenerateRequest(
        messages=tuple(_message(index, one) for index, one in enumerate(request.messages)),
        images=images,
        tools=tools,
        max_tokens=request.max_completion_tokens or request.max_tokens,
        temperature=request.temperature,
        top_p=request.top_p,
        n=request.n,
        presence_penalty=request.presence_penalty,
        frequency_penalty=request.frequency_penalty,
        seed=request.seed,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        window=spec.context if spec else None,
    )


def _path(index: int, number: int) -> str:
    return f"messages[{index}].content[{number}].image_url.url"


def _message(index: int, message: asked.Message) -> Message:
    content = message.content
    calls = message.tool_calls if isinstance(message, asked.AssistantMessage) else []
    return Message(
        role=message.role,
        content=_parts(index, content) if isinstance(content, list) else content,
        tool_calls=tuple(
            ToolCall(call.id, call.function.name, call.function.arguments) for call in calls
        ),
        tool_call_id=message.tool_call_id if isinstance(message, asked.ToolMessage) else None,
    )


def _parts(index: int, parts: list[Any]) -> tuple[TextPart | ImagePart, ...]:
    return tuple(
        ImagePart(_path(index, number))
        if isinstance(part, asked.ImagePart)
        else TextPart(part.text)
        for number, part in enumerate(parts)
    )
