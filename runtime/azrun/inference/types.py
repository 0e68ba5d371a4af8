"""What travels between a caller, a backend and a worker: plain frozen values."""

from __future__ import annotations

from array import array
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
    """Which files a worker loads, and how; what is None is chosen for the machine and the model.

    `context` is in tokens, what one request may use; `slots` how many requests are answered at
    once; `batch` tokens in one decode; `cache_type` llama.cpp's name for the KV cache's number
    format (`f16`, `q8_0` …); `draft` a small GGUF of the same vocabulary that guesses ahead;
    `prefix_cache` bytes of host memory for prompts that left the context. `n_gpu_layers` -1 is
    all of them.
    """

    gguf: Path
    mmproj: Path | None = None
    context: int | None = None
    threads: int | None = None
    slots: int | None = None
    batch: int | None = None
    n_gpu_layers: int = 0
    main_gpu: int = 0
    flash_attn: bool | None = None
    cache_type: str = "f16"
    draft: Path | None = None
    prefix_cache: int = 256 * 2**20


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a loaded model says about itself; `context` in tokens, `size` in bytes.

    `dialect` is how its template writes thoughts and tool calls (a name of
    `inference.dialects`); `dimensions` the length of an embedding, 0 where it makes none;
    `stand_in`: its file says that it only stands in for a larger one.
    """

    name: str
    architecture: str
    parameters: int
    size: int
    context: int
    sees_images: bool
    chats: bool
    dialect: str = "plain"
    dimensions: int = 0
    reranks: bool = False
    slots: int = 1
    stand_in: bool = False


class Reason(StrEnum):
    """Why a stand-in cannot be trusted with a request."""

    CUT_PROMPT = "cut prompt"
    CUT_TEXT = "cut text"
    LONG_PAGE = "long page"
    NO_PRINT = "no print"
    NO_IMAGE = "no image"
    UNKNOWN_CHARACTERS = "unknown characters"
    UNSURE = "unsure"


@dataclass(frozen=True, slots=True)
class Doubt:
    """A reason; where it is one of size, `given` is what there was and `read` what a stand-in
    reads, in tokens, or of a page in pieces of lines (`given` 0: more)."""

    reason: Reason
    given: int = 0
    read: int = 0


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
    """One generation: of `messages` through the model's chat template, or of a bare `prompt`
    (text, or token ids) without it.

    `images` are encoded files, in the order of their ImagePart. `max_tokens` None is all that
    is left of the context. Sampling parameters that are None are the model's own defaults.
    `forced_tools` are the names of the tools one of which the answer must call; none, and the
    model is free. `json_schema` is JSON text that the answer must be valid under. `logprobs`
    is how many alternatives to give with each token, None for no log-probabilities at all.
    `window` is the context that the caller was promised, in tokens: prompt and `max_tokens`
    beyond it are refused, as production does, even where the loaded context is smaller.
    """

    messages: tuple[Message, ...] = ()
    prompt: str | tuple[int, ...] | None = None
    images: tuple[bytes, ...] = ()
    tools: tuple[dict[str, Any], ...] = ()
    forced_tools: tuple[str, ...] = ()
    parallel_tool_calls: bool = True
    json_schema: str | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    min_p: float | None = None
    n: int = 1
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    repeat_penalty: float | None = None
    logit_bias: tuple[tuple[int, float], ...] = ()
    logprobs: int | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    window: int | None = None


@dataclass(frozen=True, slots=True)
class EmbedRequest:
    """Texts, or token ids, to embed; `dimensions` None is all that the model has."""

    inputs: tuple[str | tuple[int, ...], ...]
    dimensions: int | None = None
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One unit vector of 32-bit floats for each input, in their order."""

    vectors: tuple[array[float], ...]
    usage: Usage
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class RerankRequest:
    """How well each document answers the query; each is cut to `max_tokens_per_document`."""

    query: str
    documents: tuple[str, ...]
    max_tokens_per_document: int | None = None
    window: int | None = None


@dataclass(frozen=True, slots=True)
class Scores:
    """One score between 0 and 1 for each document, in their order."""

    values: tuple[float, ...]
    usage: Usage
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """Counted in tokens; an image's are part of the prompt's, and `cached_tokens` too: those
    that did not have to be computed again."""

    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Logprob:
    """A token's bytes and the natural logarithm of its probability before sampling."""

    token: bytes
    logprob: float


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """The token that was chosen, and the likeliest ones, best first."""

    chosen: Logprob
    top: tuple[Logprob, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A piece of call number `index` of an answer: its name comes first, whole, then its
    arguments, JSON text piece by piece."""

    index: int
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of answer number `index`; the answers of one request come mixed.

    The first chunk of a generation has no text: it says that the request was accepted.
    `reasoning` is what a model thinks before it answers. `finish_reason` ("stop", "length" or
    "tool_calls") comes with an answer's last piece, `stop_reason` with it where one of the
    request's stop strings ended it. `doubts`, in the first or in an answer's last, are a
    stand-in's of itself.
    """

    index: int
    text: str
    usage: Usage
    finish_reason: str | None = None
    stop_reason: str | None = None
    reasoning: str = ""
    tool_calls: tuple[ToolCallDelta, ...] = ()
    logprobs: tuple[TokenLogprob, ...] = ()
    doubts: tuple[Doubt, ...] = ()


@dataclass(frozen=True, slots=True)
class BackendStats:
    """A backend at this moment; the totals are since the start, times in seconds.

    `slots` is how many requests it answers at once, `running` and `waiting` those it has.
    """

    state: str
    slots: int = 0
    running: int = 0
    waiting: int = 0
    loads: int = 0
    load_seconds: float = 0.0
    deaths: int = 0
    decode_steps: int = 0
    decoded_tokens: int = 0
    preemptions: int = 0
    evictions: int = 0


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
    cached_tokens: int = 0
    seconds: float = 0.0
    first_token_seconds: float | None = None

    @property
    def label(self) -> str:
        """What answered, for people: `tiny-ocr (stand-in for nanonets/Nanonets-OCR-s)`."""
        return f"{self.answered} (stand-in for {self.asked})" if self.stand_in else self.answered
