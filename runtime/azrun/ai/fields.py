"""The kinds of fields that requests are made of, strict as JSON Schema is.

Unknown keys are ignored, as Azion's schemas have it, and a null is an absent key where `absent`
says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Discriminator, Tag
from pydantic_core import PydanticCustomError


class Fields(BaseModel):
    """An object of a request."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)


def between(low: float, high: float) -> AfterValidator:
    def check(value: float | None) -> float | None:
        if value is not None and not low <= value <= high:
            raise PydanticCustomError(
                "range", "must be between {low} and {high}", {"low": low, "high": high}
            )
        return value

    return AfterValidator(check)


def at_least(low: int) -> AfterValidator:
    def check(value: int | None) -> int | None:
        if value is not None and value < low:
            raise PydanticCustomError("range", "must be at least {low}", {"low": low})
        return value

    return AfterValidator(check)


def at_most(most: int, what: str, count: Callable[[Any], int] = len) -> AfterValidator:
    """Of an array; a text is one."""

    def check(value: Any) -> Any:
        found = 1 if isinstance(value, str) else count(value)
        if found > most:
            raise PydanticCustomError(
                "too many",
                "holds {count} {what}, {most} is the most",
                {"count": found, "what": what, "most": most},
            )
        return value

    return AfterValidator(check)


def whole(value: Any) -> Any:
    """JSON Schema takes 5.0 for an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _not_empty(value: Any) -> Any:
    if value is not None and len(value) == 0:
        raise PydanticCustomError("empty", "must not be empty")
    return value


def unicode(value: str) -> str:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise PydanticCustomError(
            "unicode", "is not Unicode: it holds half of a surrogate pair"
        ) from None
    return value


def absent(default: Any) -> BeforeValidator:
    """A null is an absent key."""
    return BeforeValidator(lambda value: default if value is None else value)


def form(what: str, /, **others: type[Any]) -> Discriminator:
    """Text, an array, or what `others` name: each has errors of its own, and never all of them."""
    forms: dict[type[Any], str] = {str: "<text>", list: "<array>"}
    forms |= {type_: f"<{name}>" for name, type_ in others.items()}
    return Discriminator(
        lambda value: forms.get(type(value)),
        custom_error_type="form",
        custom_error_message=f"must be {what}",
    )


def key(name: str, *values: str) -> Discriminator:
    """Tells the shapes of an object apart by the value of one of its keys."""

    def tag(value: Any) -> str | None:
        found = value.get(name) if isinstance(value, dict) else None
        return f"<{found}>" if found in values else None

    return Discriminator(
        tag, custom_error_type=f"key {name}", custom_error_message=f"must be {_or(values)}"
    )


def _or(values: tuple[str, ...]) -> str:
    return f"{', '.join(values[:-1])} or {values[-1]}"


Str = Annotated[str, AfterValidator(unicode)]
Integer = Annotated[int, BeforeValidator(whole)]
Count = Annotated[Integer, at_least(1)]
NotEmpty = AfterValidator(_not_empty)
IsText, IsArray = Tag("<text>"), Tag("<array>")
Texts = Annotated[
    Annotated[Str, IsText] | Annotated[list[Str], IsArray], form("a string or an array of strings")
]
