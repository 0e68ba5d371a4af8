"""What a request may not ask for, though each of its fields is right: by a model's own page, or
because one field needs another."""

from __future__ import annotations

from azrun.ai.requests import (
    AssistantMessage,
    ChatRequest,
    CompletionRequest,
    EmbeddingRequest,
    ImagePart,
    Message,
    NamedTool,
    ScoreRequest,
    ToolMessage,
)
from azrun.inference.catalogue import CatalogueModel
from azrun.inference.errors import InvalidRequest, Unsupported
from azrun.inference.types import Kind


def check_chat(id: str, spec: CatalogueModel | None, request: ChatRequest) -> None:
    if spec is not None:
        _check_page(id, spec, request)
    _check_choice(request)
    if request.top_logprobs and not request.logprobs:
        raise InvalidRequest("top_logprobs: needs logprobs to be true")


def check_completion(id: str, spec: CatalogueModel | None, request: CompletionRequest) -> None:
    if spec is not None and spec.kind in (Kind.EMBEDDING, Kind.RERANK):
        raise Unsupported(f"{id} writes no text.", "Ask a chat or vision model.")
    if request.echo:
        raise InvalidRequest("echo: must be false: the prompt is not given back")
    if request.suffix:
        raise InvalidRequest("suffix: must be absent: text is written at the end only")


def check_embedding(spec: CatalogueModel | None, request: EmbeddingRequest) -> None:
    dimensions = request.dimensions
    if spec is not None and dimensions is not None and dimensions not in spec.dimensions:
        known = ", ".join(map(str, spec.dimensions))
        raise InvalidRequest(f"dimensions: must be one of {known}, got {dimensions}")


def check_score(request: ScoreRequest) -> None:
    left, right = len(request.left), len(request.right)
    if not left or not right:
        raise InvalidRequest(f"{'text_2' if left else 'text_1'}: must not be empty")
    if left != right and left != 1:
        raise InvalidRequest(
            f"text_1: holds {left} texts and text_2 {right}: give one text_1, or as many of both"
        )


def _check_choice(request: ChatRequest) -> None:
    choice, names = request.tool_choice, [tool.function.name for tool in request.tools]
    if choice == "required" and not names:
        raise InvalidRequest("tool_choice: needs tools to choose from")
    if isinstance(choice, NamedTool) and choice.function.name not in names:
        known = f"must be one of tools ({', '.join(names)})" if names else "needs tools"
        raise InvalidRequest(f"tool_choice.function.name: {known}, got {choice.function.name!r}")


def _check_page(id: str, spec: CatalogueModel, request: ChatRequest) -> None:
    if request.tools and not spec.tools:
        raise InvalidRequest(f"tools: {id} takes no tools")
    for index, message in enumerate(request.messages):
        _check_message(id, spec, f"messages[{index}]", message)


def _check_message(id: str, spec: CatalogueModel, path: str, message: Message) -> None:
    if isinstance(message, ToolMessage) and not spec.tools:
        raise InvalidRequest(f'{path}.role: {id} takes no tools, got "tool"')
    if isinstance(message, AssistantMessage) and message.tool_calls and not spec.tools:
        raise InvalidRequest(f"{path}.tool_calls: {id} takes no tools")
    if not isinstance(message.content, list):
        return
    if not spec.parts:
        raise InvalidRequest(f"{path}.content: must be a string for {id}, got an array")
    for number, part in enumerate(message.content):
        if isinstance(part, ImagePart) and not spec.images:
            raise InvalidRequest(f"{path}.content[{number}]: {id} takes no images")
