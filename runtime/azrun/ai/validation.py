"""From what a function passes to `Azion.AI.run` to typed values, or an error that names the
field by its JSON path."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from azrun.ai.fields import Fields
from azrun.ai.gates import check_chat, check_completion, check_embedding, check_score
from azrun.ai.requests import (
    ChatRequest,
    CompletionRequest,
    EmbeddingRequest,
    RerankRequest,
    ScoreRequest,
)
from azrun.inference.catalogue import CatalogueModel
from azrun.inference.errors import InvalidRequest
from azrun.inference.types import Kind

FieldsT = TypeVar("FieldsT", bound=Fields)
AIRequest = ChatRequest | EmbeddingRequest | RerankRequest | ScoreRequest

REPORTED = 3  # problems in one message
LONGEST_KEY = 60  # shown of a key that the request chose
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
WITHOUT_VALUE = {"missing", "missing content", "empty", "unicode", "too many"}


def parse(id: str, spec: CatalogueModel | None, request: Any) -> AIRequest:
    """The request of a model's kind; InvalidRequest says what is wrong with it.

    `spec` is the catalogue's word on the model, None for one of the user's own, whose kind is
    told from the request's keys.
    """
    request = _object(request)
    parsed = _validate(_shape(spec.kind if spec else None, request), request)
    if isinstance(parsed, ChatRequest):
        _check_json("tools", request.get("tools"))
        _check_json("response_format", request.get("response_format"))
        check_chat(id, spec, parsed)
    elif isinstance(parsed, EmbeddingRequest):
        check_embedding(spec, parsed)
    elif isinstance(parsed, ScoreRequest):
        check_score(parsed)
    return parsed


def parse_completion(id: str, spec: CatalogueModel | None, request: Any) -> CompletionRequest:
    """The same for OpenAI's text completions, which no key tells from the others."""
    request = _object(request)
    parsed = _validate(CompletionRequest, request)
    _check_json("response_format", request.get("response_format"))
    check_completion(id, spec, parsed)
    return parsed


def _object(request: Any) -> dict[str, Any]:
    if not isinstance(request, dict):
        raise InvalidRequest(f"the request must be an object, got {_shown(request)}")
    return request


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


def _validate(model: type[FieldsT], request: dict[str, Any]) -> FieldsT:
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
    """`messages[0].content`; what stands in angle brackets is the name of a union's branch,
    and `[key]` says that a key itself is wrong."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif not part.startswith("<") and part != "[key]":
            name = part if len(part) <= LONGEST_KEY else f"{part[:LONGEST_KEY]}..."
            path += f".{name}" if path else name
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
