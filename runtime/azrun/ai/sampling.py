"""How an answer is made: what chat and text completions have in common."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, Tag
from pydantic_core import PydanticCustomError

from azrun.ai.fields import (
    Count,
    Fields,
    Integer,
    Texts,
    absent,
    at_least,
    between,
    key,
)

MOST_ANSWERS = 128
MOST_ALTERNATIVES = 20
SEEDS = (-(2**63), 2**63 - 1)


class Sampling(Fields):
    """What Azion's model pages document. `temperature` and `top_p` None are the model's own
    defaults, as on vLLM."""

    temperature: Annotated[float | None, between(0, 2)] = None
    top_p: Annotated[float | None, between(0, 1)] = None
    n: Annotated[Count, between(1, MOST_ANSWERS), absent(1)] = 1
    stream: Annotated[bool, absent(False)] = False
    max_tokens: Count | None = None
    presence_penalty: Annotated[float, between(-2, 2), absent(0.0)] = 0.0
    frequency_penalty: Annotated[float, between(-2, 2), absent(0.0)] = 0.0


class StreamOptions(Fields):
    include_usage: Annotated[bool, absent(False)] = False


def _token(value: str) -> str:
    if not (value.isascii() and value.isdigit() and int(value[:11]) < 2**31):
        raise PydanticCustomError("token", "must be a token id")
    return value


def _no_empty(value: str | list[str] | None) -> str | list[str] | None:
    """An empty stop string would end every answer."""
    if value is not None and (not value or "" in [*value]):
        raise PydanticCustomError("empty", "must not be empty")
    return value


def _envelope(value: Any) -> Any:
    """OpenAI puts the schema into an object beside its name; others give the schema itself."""
    if isinstance(value, dict) and not {"schema", "name"} & value.keys():
        return {"schema": value}
    return value


class NamedSchema(Fields):
    """OpenAI's `name` and `strict` change nothing here: an answer is always held to its schema."""

    schema_: dict[str, Any] = Field(alias="schema")


class AnyText(Fields):
    type: Literal["text"]


class AnyObject(Fields):
    type: Literal["json_object"]


class UnderSchema(Fields):
    type: Literal["json_schema"]
    json_schema: Annotated[NamedSchema, BeforeValidator(_envelope)]


ResponseFormat = Annotated[
    Annotated[AnyText, Tag("<text>")]
    | Annotated[AnyObject, Tag("<json_object>")]
    | Annotated[UnderSchema, Tag("<json_schema>")],
    key("type", "text", "json_object", "json_schema"),
]


class Extended(Fields):
    """Not in Azion's pages: what OpenAI's clients, vLLM's and llama.cpp's send beside it.

    `repetition_penalty` is vLLM's name for `repeat_penalty`, `top_k` 0 or -1 all tokens.
    """

    seed: Annotated[Integer | None, between(*SEEDS)] = None
    stop: Annotated[Texts | None, AfterValidator(_no_empty)] = None
    stream_options: Annotated[StreamOptions, absent({})] = StreamOptions()
    logit_bias: Annotated[
        dict[Annotated[str, AfterValidator(_token)], Annotated[float, between(-100, 100)]],
        absent({}),
    ] = Field(default_factory=dict)
    response_format: ResponseFormat | None = None
    min_p: Annotated[float | None, between(0, 1)] = None
    top_k: Annotated[Integer | None, at_least(-1)] = None
    repeat_penalty: Annotated[float | None, between(0.01, 2)] = None
    repetition_penalty: Annotated[float | None, between(0.01, 2)] = None

    @property
    def schema_text(self) -> str | None:
        """The JSON text of the schema that the answer is held to."""
        if isinstance(self.response_format, UnderSchema):
            return json.dumps(self.response_format.json_schema.schema_, ensure_ascii=False)
        return '{"type":"object"}' if isinstance(self.response_format, AnyObject) else None
