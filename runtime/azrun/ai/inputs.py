"""Texts, or the token ids of texts: what embeddings and text completions are made of."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from azrun.ai.fields import IsArray, IsText, NotEmpty, Str, at_most, form, unicode, whole

LARGEST_TOKEN = 2**31 - 1
Input = str | tuple[int, ...]


def inputs(value: str | list[Any]) -> tuple[Input, ...]:
    """One input for each text or array of tokens; an array of nothing but tokens is one input."""
    if isinstance(value, str):
        return (value,)
    if all(isinstance(item, int) for item in value):
        return (tuple(value),)
    return tuple((item,) if isinstance(item, int) else item for item in value)


def _item(value: Any) -> str | int | tuple[int, ...]:
    if isinstance(value, str):
        return unicode(value)
    if isinstance(value, list):
        if not value:
            raise PydanticCustomError("empty", "must not be empty")
        return tuple(map(_token, value))
    return _token(value)


def _token(value: Any) -> int:
    token = whole(value)
    if type(token) is not int:
        raise PydanticCustomError("form", "must be a string, an integer or an array of integers")
    if not 0 <= token <= LARGEST_TOKEN:
        raise PydanticCustomError("token", "must be a token id")
    return token


def _count(value: list[Any]) -> int:
    return len(inputs(value))


Items = Annotated[list[Annotated[Any, AfterValidator(_item)]], NotEmpty, IsArray]
TextsOrTokens = Annotated[Annotated[Str, IsText] | Items, form("a string or an array")]
UpTo2048 = Annotated[TextsOrTokens, at_most(2048, "inputs", _count)]
UpTo128 = Annotated[TextsOrTokens, at_most(128, "prompts", _count)]
