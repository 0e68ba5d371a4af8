"""From what a function passes to `Azion.AI.run` to typed values, or an error that names the
field by its JSON path."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from azrun.ai.requests import (
    AssistantMessage,
    ChatRequest,
    EmbeddingRequest,
    ImagePart,
    RerankRequest,
    ScoreRequest,
    ToolMessage,
    _Model,
)
from azrun.inference.catalogue import CatalogueModel
from azrun.inference.errors import InvalidRequest
from azrun.inference.types import Kind

RequestT = TypeVar("RequestT", bound=_Model)
AIRequest = ChatRequest | EmbeddingRequest | RerankRequest | ScoreRequest

REPORTED = 3  # problems in one message
DEEPEST = 64  # arrays and objects in each other

SENTENCES: dict[str, Callable[[dict[str, Any]], str]] = {
    "missing": lambda _: "is required",
    "string_type": lambda _: "must be a string",
    "int_type": lambda _: "must be an integer",
    "int_from_float": lambda _: "must be an integer",
    "float_type": lambda _: "must be a number",
    "bool_type": lambda _: "must be true or false",
    "list_type": lambda _: "must be an array",
    "dict_type": lambda _: "must be an object",
    "model_type": lambda _: "must be an object",
    "model_attributes_type": lambda _: "must be an object",
    "literal_error": lambda context: f"must be {context['expected']}",
}
WITHOUT_VALUE = {"missing", "missing content", "empty", "unicode"}


def parse(id: str, spec: CatalogueModel | None, request: Any) -> AIRequest:
    """The request of a model's kind; InvalidRequest says what is wrong with it.

    `spec` is the catalogue's word on the model, None for one of the user's own, whose kind is
    told from the request's keys.
    """
    if not isinstance(request, dict):
        raise InvalidRequest(f"the request must be an object, got {_shown(request)}")
    parsed = _validate(_shape(spec.kind if spec else None, request), request)
    if isinstance(parsed, ChatRequest):
        _check_json("tools", request.get("tools"))
    if spec is not None and isinstance(parsed, ChatRequest):
        _check_chat(id, spec, parsed)
    if spec is not None and isinstance(parsed, EmbeddingRequest):
        _check_dimensions(id, spec, parsed)
    return parsed


def _shape(kind: Kind | None, request: dict[str, Any]) -> type[AIRequest]:
    scores = "text_1" in request or "text_2" in request
    if kind is Kind.RERANK:
        return ScoreRequest if scores else RerankRequest
    if kind is Kind.EMBEDDING:
        return EmbeddingRequest
    if kind is not None or "messages" in request:
        return ChatRequest
    if "input" in request:
        return EmbeddingRequest
    if scores:
        return ScoreRequest
    return RerankRequest if "documents" in request else ChatRequest


def _validate(model: type[AIRequest], request: dict[str, Any]) -> AIRequest:
    try:
        return model.model_validate(request)
    except ValidationError as error:
        problems = [_problem(problem, request) for problem in error.errors(include_url=False)]
        raise InvalidRequest("; ".join(problems[:REPORTED])) from None


def _problem(problem: ErrorDetails, request: dict[str, Any]) -> str:
    kind, value = problem["type"], problem["input"]
    path = _path(problem["loc"])
    if kind.startswith("key ") and isinstance(value, dict):
        key = kind.removeprefix("key ")
        path = f"{path}.{key}"
        kind, value = (kind, value[key]) if key in value else ("missing", None)
    elif kind.startswith("key "):
        kind = "dict_type"
    elif kind == "missing content":
        path = f"{path}.content"
    sentence = SENTENCES[kind](problem.get("ctx", {})) if kind in SENTENCES else problem["msg"]
    got = "" if kind in WITHOUT_VALUE else f", got {_shown(value)}"
    return f"{path}: {sentence}{got}"


def _path(location: tuple[int | str, ...]) -> str:
    """`messages[0].content`; what stands in angle brackets is the name of a union's branch."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith("<"):
            path += f".{part}" if path else part
    return path


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _check_json(path: str, value: Any) -> None:
    """What is passed on as it came, whatever it holds."""
    if _depth(value, DEEPEST) > DEEPEST:
        raise InvalidRequest(f"{path}: nested more than {DEEPEST} deep")
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise InvalidRequest(f"{path}: a text is not Unicode") from None
    except (TypeError, ValueError) as error:
        raise InvalidRequest(f"{path}: is not JSON: {error}") from None


def _depth(value: Any, limit: int) -> int:
    inside = value.values() if isinstance(value, dict) else value
    if not isinstance(value, dict | list) or limit < 0:
        return 0
    return 1 + max((_depth(item, limit - 1) for item in inside), default=0)


def _check_chat(id: str, spec: CatalogueModel, request: ChatRequest) -> None:
    """What the model's own page says it cannot do."""
    if request.tools and not spec.tools:
        raise InvalidRequest(f"tools: {id} takes no tools")
    for index, message in enumerate(request.messages):
        path = f"messages[{index}]"
        if isinstance(message, ToolMessage) and not spec.tools:
            raise InvalidRequest(f'{path}.role: {id} takes no tools, got "tool"')
        if isinstance(message, AssistantMessage) and message.tool_calls and not spec.tools:
            raise InvalidRequest(f"{path}.tool_calls: {id} takes no tools")
        if not isinstance(message.content, list):
            continue
        if not spec.parts:
            raise InvalidRequest(f"{path}.content: must be a string for {id}, got an array")
        for number, part in enumerate(message.content):
            if isinstance(part, ImagePart) and not spec.images:
                raise InvalidRequest(f"{path}.content[{number}]: {id} takes no images")


def _check_dimensions(id: str, spec: CatalogueModel, request: EmbeddingRequest) -> None:
    if request.dimensions is not None and request.dimensions not in spec.dimensions:
        known = ", ".join(map(str, spec.dimensions))
        raise InvalidRequest(f"dimensions: must be one of {known}, got {request.dimensions}")
