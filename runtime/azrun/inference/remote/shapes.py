"""What an OpenAI-compatible server answers, as far as we read it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Count = Annotated[int, BeforeValidator(lambda value: 0 if value is None else value), Field(ge=0)]


def _list(value: Any) -> Any:
    return [] if value is None else value


class _Shape(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)


class PromptDetails(_Shape):
    cached_tokens: Count = 0


class Tokens(_Shape):
    """`usage`; rerankers count `total_tokens` alone."""

    prompt_tokens: Count = 0
    completion_tokens: Count = 0
    total_tokens: Count = 0
    prompt_tokens_details: PromptDetails | None = None


class Token(_Shape):
    token: str
    logprob: float
    bytes: list[Annotated[int, Field(ge=0, le=255)]] | None = None


class ChosenToken(Token):
    top_logprobs: Annotated[list[Token], BeforeValidator(_list)] = []


class Logprobs(_Shape):
    """A chat's (`content`), or the older form of a bare completion's."""

    content: list[ChosenToken] | None = None
    tokens: list[str] | None = None
    token_logprobs: list[float | None] | None = None
    top_logprobs: list[dict[str, float] | None] | None = None


class FunctionPiece(_Shape):
    name: str | None = None
    arguments: str | None = None


class CallPiece(_Shape):
    index: Annotated[int | None, Field(ge=0)] = None
    id: str | None = None
    function: FunctionPiece | None = None


class Delta(_Shape):
    content: str | None = None
    reasoning_content: str | None = None
    reasoning: str | None = None
    tool_calls: Annotated[list[CallPiece], BeforeValidator(_list)] = []


class Choice(_Shape):
    """One of a chat's (`delta`), or of a bare completion's (`text`)."""

    index: Annotated[int, Field(ge=0)] = 0
    delta: Delta | None = None
    text: str | None = None
    finish_reason: str | None = None
    stop_reason: Any = None
    logprobs: Logprobs | None = None


class Event(_Shape):
    choices: Annotated[list[Choice], BeforeValidator(_list)] = []
    usage: Tokens | None = None
    error: Any = None


class Vector(_Shape):
    """`embedding` is an array of numbers, or base64 of little-endian 32-bit floats."""

    index: int
    embedding: list[float] | str


class Vectors(_Shape):
    data: list[Vector]
    usage: Tokens | None = None


class Ranked(_Shape):
    index: int
    relevance_score: float


class Ranking(_Shape):
    results: list[Ranked]
    usage: Tokens | None = None


class Scored(_Shape):
    index: int
    score: float


class Scoring(_Shape):
    data: list[Scored]
    usage: Tokens | None = None


class Listed(_Shape):
    """A model of `/models`; `max_model_len` is vLLM's word for its context."""

    id: str
    max_model_len: int | None = None
    meta: dict[str, Any] | None = None


class Listing(_Shape):
    data: Annotated[list[Listed], BeforeValidator(_list)] = []
