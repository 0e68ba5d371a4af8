"""What `Azion.AI.run` takes: the JSON Schemas of Azion's model pages, as types.

Source: Azion's documentation, "AI Inference", "Models", the schema on each page. Where azrun
takes more than they have, a class of its own says so: `Extended`, `ChatExtended`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, Tag
from pydantic_core import PydanticCustomError

from azrun.ai.fields import (
    Count,
    Fields,
    Integer,
    IsArray,
    IsText,
    NotEmpty,
    Str,
    Texts,
    absent,
    at_most,
    between,
    form,
    key,
)
from azrun.ai.inputs import Input, UpTo128, UpTo2048, inputs
from azrun.ai.sampling import MOST_ALTERNATIVES, Extended, Sampling

MOST_TOOLS = 128
MOST_DOCUMENTS = 1000


class TextPart(Fields):
    type: Literal["text"]
    text: Str


class ImageUrl(Fields):
    url: Str


class ImagePart(Fields):
    type: Literal["image_url"]
    image_url: ImageUrl


Part = Annotated[
    Annotated[TextPart, Tag("<text>")] | Annotated[ImagePart, Tag("<image_url>")],
    key("type", "text", "image_url"),
]
Text = Annotated[
    Annotated[Str, IsText] | Annotated[list[TextPart], IsArray],
    form("a string or an array of text parts"),
]
TextAndImages = Annotated[
    Annotated[Str, IsText] | Annotated[list[Part], IsArray],
    form("a string or an array of content parts"),
]


class FunctionCall(Fields):
    name: Str
    arguments: Str


class ToolCall(Fields):
    id: Str
    type: Literal["function"]
    function: FunctionCall


class FunctionDefinition(Fields):
    name: Annotated[Str, NotEmpty]
    description: Str | None = None
    parameters: dict[Str, Any] | None = None
    strict: bool | None = None


class ToolDefinition(Fields):
    type: Literal["function"]
    function: FunctionDefinition


class SystemMessage(Fields):
    role: Literal["system"]
    content: Text


class UserMessage(Fields):
    role: Literal["user"]
    content: TextAndImages


class AssistantMessage(Fields):
    """Content, or tool calls, or both; an empty array of calls, as responses have it, is none."""

    role: Literal["assistant"]
    content: Text | None = None
    tool_calls: Annotated[list[ToolCall], absent([])] = Field(default_factory=list)


class ToolMessage(Fields):
    role: Literal["tool"]
    content: Text
    tool_call_id: Str


Message = SystemMessage | UserMessage | AssistantMessage | ToolMessage


def _complete(message: Message) -> Message:
    if message.content is None and not getattr(message, "tool_calls", ()):
        raise PydanticCustomError("missing content", "is required where there are no tool_calls")
    return message


AnyMessage = Annotated[
    Annotated[SystemMessage, Tag("<system>")]
    | Annotated[UserMessage, Tag("<user>")]
    | Annotated[AssistantMessage, Tag("<assistant>")]
    | Annotated[ToolMessage, Tag("<tool>")],
    key("role", "system", "user", "assistant", "tool"),
    AfterValidator(_complete),
]


class NamedFunction(Fields):
    name: Str


class NamedTool(Fields):
    type: Literal["function"]
    function: NamedFunction


ToolChoice = Annotated[
    Annotated[Literal["none", "auto", "required"], IsText] | Annotated[NamedTool, Tag("<named>")],
    form("none, auto, required or an object that names a function", named=dict),
]


class ChatExtended(Extended):
    """Not in Azion's pages either, and of chat alone."""

    max_completion_tokens: Count | None = None
    logprobs: Annotated[bool, absent(False)] = False
    top_logprobs: Annotated[Integer | None, between(0, MOST_ALTERNATIVES)] = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: Annotated[bool, absent(True)] = True


class ChatRequest(Sampling, ChatExtended):
    messages: Annotated[list[AnyMessage], NotEmpty]
    tools: Annotated[list[ToolDefinition], at_most(MOST_TOOLS, "tools"), absent([])] = Field(
        default_factory=list
    )


class CompletionRequest(Sampling, Extended):
    """OpenAI's legacy text completion, which Azion does not have: a bare prompt, or several, as
    text or token ids. `logprobs` is how many alternatives to give."""

    prompt: UpTo128
    max_tokens: Annotated[Count, absent(16)] = 16
    logprobs: Annotated[Integer | None, between(0, MOST_ALTERNATIVES)] = None
    echo: Annotated[bool, absent(False)] = False
    suffix: Str | None = None

    @property
    def prompts(self) -> tuple[Input, ...]:
        return inputs(self.prompt)


class EmbeddingRequest(Fields):
    """Which `dimensions` there are depends on the model."""

    input: UpTo2048
    encoding_format: Annotated[Literal["float", "base64"], absent("float")] = "float"
    dimensions: Count | None = None

    @property
    def inputs(self) -> tuple[Input, ...]:
        return inputs(self.input)


class RerankRequest(Fields):
    """`top_n` and `max_tokens_per_doc` below 1 are no limit, as on vLLM."""

    query: Str
    documents: Annotated[list[Str], NotEmpty, at_most(MOST_DOCUMENTS, "documents")]
    top_n: Integer | None = None
    max_tokens_per_doc: Integer | None = None


class ScoreRequest(Fields):
    """Azion's page shows one `text_1` and an array `text_2`; that either may be one text or as
    many as the other has is vLLM's."""

    text_1: Annotated[Texts, at_most(MOST_DOCUMENTS, "texts")]
    text_2: Annotated[Texts, at_most(MOST_DOCUMENTS, "texts")]

    @property
    def left(self) -> tuple[str, ...]:
        return _several(self.text_1)

    @property
    def right(self) -> tuple[str, ...]:
        return _several(self.text_2)


def _several(texts: str | list[str]) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts)
