"""What `Azion.AI.run` takes: the JSON Schemas of Azion's model pages, as types.

Source: Azion's documentation, "AI Inference", "Models", the schema on each page. They do not
forbid unknown keys, so those are ignored. `seed`, `stop`, `max_completion_tokens` and
`stream_options` are in no schema, but the servers behind Azion honour them, and so does azrun;
for the same reason a null is an absent key.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Tag
from pydantic_core import PydanticCustomError


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


def _between(low: float, high: float) -> AfterValidator:
    def check(value: float | None) -> float | None:
        if value is not None and not low <= value <= high:
            raise PydanticCustomError(
                "range", "must be between {low} and {high}", {"low": low, "high": high}
            )
        return value

    return AfterValidator(check)


def _at_least_one(value: int | None) -> int | None:
    if value is not None and value < 1:
        raise PydanticCustomError("range", "must be at least 1")
    return value


def _whole(value: Any) -> Any:
    """JSON Schema takes 5.0 for an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _not_empty(value: Any) -> Any:
    if value is not None and (len(value) == 0 or (isinstance(value, list) and "" in value)):
        raise PydanticCustomError("empty", "must not be empty")
    return value


def _unicode(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError(
            "unicode", "is not Unicode: it holds half of a surrogate pair"
        ) from None
    return value


def _absent(default: Any) -> BeforeValidator:
    """A null is an absent key."""
    return BeforeValidator(lambda value: default if value is None else value)


def _form(what: str) -> Discriminator:
    """Text, or an array: each has errors of its own, and never both."""
    forms: dict[type[Any], str] = {str: "<text>", list: "<array>"}
    return Discriminator(
        lambda value: forms.get(type(value)),
        custom_error_type="form",
        custom_error_message=f"must be a string or {what}",
    )


def _key(name: str, *values: str) -> Discriminator:
    """Tells the shapes of an object apart by the value of one of its keys."""

    def tag(value: Any) -> str | None:
        found = value.get(name) if isinstance(value, dict) else None
        return f"<{found}>" if found in values else None

    return Discriminator(
        tag, custom_error_type=f"key {name}", custom_error_message=f"must be {_or(values)}"
    )


def _or(values: tuple[str, ...]) -> str:
    return f"{', '.join(values[:-1])} or {values[-1]}"


Str = Annotated[str, AfterValidator(_unicode)]
Integer = Annotated[int, BeforeValidator(_whole)]
Count = Annotated[Integer, AfterValidator(_at_least_one)]
IsText, IsArray = Tag("<text>"), Tag("<array>")


class TextPart(_Model):
    type: Literal["text"]
    text: Str


class ImageUrl(_Model):
    url: Str


class ImagePart(_Model):
    type: Literal["image_url"]
    image_url: ImageUrl


Part = Annotated[
    Annotated[TextPart, Tag("<text>")] | Annotated[ImagePart, Tag("<image_url>")],
    _key("type", "text", "image_url"),
]
Text = Annotated[
    Annotated[Str, IsText] | Annotated[list[TextPart], IsArray], _form("an array of text parts")
]
TextAndImages = Annotated[
    Annotated[Str, IsText] | Annotated[list[Part], IsArray], _form("an array of content parts")
]
Stop = Annotated[
    Annotated[Str, IsText] | Annotated[list[Str], IsArray], _form("an array of strings")
]


class FunctionCall(_Model):
    name: Str
    arguments: Str


class ToolCall(_Model):
    id: Str
    type: Literal["function"]
    function: FunctionCall


class FunctionDefinition(_Model):
    name: Str
    description: Str | None = None
    parameters: dict[Str, Any] | None = None
    strict: bool | None = None


class ToolDefinition(_Model):
    type: Literal["function"]
    function: FunctionDefinition


class SystemMessage(_Model):
    role: Literal["system"]
    content: Text


class UserMessage(_Model):
    role: Literal["user"]
    content: TextAndImages


class AssistantMessage(_Model):
    """Content, or tool calls, or both; an empty array of calls, as responses have it, is none."""

    role: Literal["assistant"]
    content: Text | None = None
    tool_calls: Annotated[list[ToolCall], _absent([])] = []


class ToolMessage(_Model):
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
    _key("role", "system", "user", "assistant", "tool"),
    AfterValidator(_complete),
]


class StreamOptions(_Model):
    include_usage: Annotated[bool, _absent(False)] = False


class ChatRequest(_Model):
    """`temperature` and `top_p` None are the model's own defaults, as on vLLM."""

    messages: Annotated[list[AnyMessage], AfterValidator(_not_empty)]
    temperature: Annotated[float | None, _between(0, 2)] = None
    top_p: Annotated[float | None, _between(0, 1)] = None
    n: Annotated[Count, _absent(1)] = 1
    stream: Annotated[bool, _absent(False)] = False
    max_tokens: Count | None = None
    max_completion_tokens: Count | None = None
    presence_penalty: Annotated[float, _between(-2, 2), _absent(0.0)] = 0.0
    frequency_penalty: Annotated[float, _between(-2, 2), _absent(0.0)] = 0.0
    tools: Annotated[list[ToolDefinition], _absent([])] = []
    seed: Integer | None = None
    stop: Annotated[Stop | None, AfterValidator(_not_empty)] = None
    stream_options: Annotated[StreamOptions, _absent({})] = StreamOptions()


def _embeddable(value: Any) -> Any:
    tokens = value if isinstance(value, list) else [value]
    if isinstance(value, str) or all(type(_whole(token)) is int for token in tokens):
        return value
    raise PydanticCustomError("form", "must be a string, an integer or an array of integers")


class EmbeddingRequest(_Model):
    """Which `dimensions` there are depends on the model."""

    input: Annotated[
        Annotated[Str, IsText]
        | Annotated[list[Annotated[Any, AfterValidator(_embeddable)]], IsArray],
        _form("an array"),
    ]
    encoding_format: Annotated[Literal["float", "base64"], _absent("float")] = "float"
    dimensions: Integer | None = None


class RerankRequest(_Model):
    query: Str
    documents: list[Str]
    top_n: Integer | None = None
    max_tokens_per_doc: Integer | None = None


class ScoreRequest(_Model):
    text_1: Str
    text_2: list[Str]
