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
    return GenerateRequest(
        messages=tuple(_message(index, one) for index, one in enumerate(request.messages)),
        images=images,
        tools=() if request.tool_choice == "none" else tools,
        forced_tools=_forced(request),
        parallel_tool_calls=request.parallel_tool_calls,
        max_tokens=request.max_completion_tokens or request.max_tokens,
        logprobs=request.top_logprobs or 0 if request.logprobs else None,
        window=spec.context if spec else None,
        **sampling(request),
    )


def sampling(request: asked.ChatRequest | asked.CompletionRequest) -> dict[str, Any]:
    """How tokens are chosen, by the names of GenerateRequest's fields."""
    stop, top_k = request.stop or (), request.top_k
    return {
        "temperature": request.temperature,
        "top_p": request.top_p,
        "top_k": None if top_k is None else max(top_k, 0),
        "min_p": request.min_p,
        "n": request.n,
        "presence_penalty": request.presence_penalty,
        "frequency_penalty": request.frequency_penalty,
        "repeat_penalty": request.repeat_penalty or request.repetition_penalty,
        "logit_bias": tuple((int(token), bias) for token, bias in request.logit_bias.items()),
        "seed": request.seed,
        "stop": (stop,) if isinstance(stop, str) else tuple(stop),
        "json_schema": request.schema_text,
    }


def _forced(request: asked.ChatRequest) -> tuple[str, ...]:
    if isinstance(request.tool_choice, asked.NamedTool):
        return (request.tool_choice.function.name,)
    if request.tool_choice == "required":
        return tuple(tool.function.name for tool in request.tools)
    return ()


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
