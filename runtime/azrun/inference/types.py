"""What travels between a caller, a backend and a worker: plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal


class Kind(StrEnum):
    """What a model is for."""

    CHAT = "chat"
    VISION = "vision"
    EMBEDDING = "embedding"
    RERANK = "rerank"


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """Which files a worker loads, and how.

    `context` is in tokens, None for the model's own up to a default; `threads` None for the
    physical cores, or one for a small model; `n_gpu_layers` -1 for all.
    """

    gguf: Path
    mmproj: Path | None = None
    context: int | None = None
    threads: int | None = None
    n_gpu_layers: int = 0


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a loaded model says about itself; `context` in tokens, `size` in bytes."""

    name: str
    architecture: str
    parameters: int
    size: int
    context: int
    sees_images: bool
    chats: bool


@dataclass(frozen=True, slots=True)
class TextPart:
    text: str
    type: Literal["text"] = "text"


@dataclass(frozen=True, slots=True)
class ImagePart:
    """The place of the next one of `GenerateRequest.images`; errors call the image `name`."""

    name: str = "image"
    type: Literal["image"] = "image"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """`arguments` is JSON text, as OpenAI's API has it; a model gives its call no `id`."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation; `content` None only beside tool calls."""

    role: str
    content: str | tuple[TextPart | ImagePart, ...] | None
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None


@dataclass(frozen=True, slots=True)
class GenerateRequest:
    """One generation.

    `images` are encoded files, in the order of their ImagePart. `max_tokens` None is all that
    is left of the context. `temperature` and `top_p` None are the model's own defaults.
    `window` is the context that the caller was promised, in tokens: prompt and `max_tokens`
    beyond it are refused, as production does, even where the loaded context is smaller.
    """

    messages: tuple[Message, ...]
    images: tuple[bytes, ...] = ()
    tools: tuple[dict[str, Any], ...] = ()
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    n: int = 1
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Counted in tokens; an image's are part of the prompt's."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of answer number `index`.

    The first chunk of a generation has no text: it says that the request was accepted.
    `finish_reason` ("stop", "length" or "tool_calls") comes with an answer's last piece,
    `stop_reason` with it where one of the request's stop strings ended it.
    """

    index: int
    text: str
    usage: Usage
    finish_reason: str | None = None
    stop_reason: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(slots=True)
class ModelUse:
    """One model call, for the record of an invocation: it grows while the call is answered.

    `asked` is the id the function gave, `answered` what really runs; times are in seconds,
    `first_token_seconds` None while there is no token.
    """

    asked: str
    answered: str
    stand_in: bool
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    first_token_seconds: float | None = None

    @property
    def label(self) -> str:
        """What answered, for people: `tiny-ocr (stand-in for nanonets/Nanonets-OCR-s)`."""
        return f"{self.answered} (stand-in for {self.asked})" if self.stand_in else self.answered
