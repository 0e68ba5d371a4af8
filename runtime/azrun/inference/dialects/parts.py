"""What an answer is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from azrun.inference.types import ToolCallDelta


@dataclass(frozen=True, slots=True)
class Text:
    """What the model says."""

    text: str


@dataclass(frozen=True, slots=True)
class Thought:
    """What the model thinks before it says something."""

    text: str


Part = Text | Thought | ToolCallDelta
Schemas = Mapping[str, dict[str, Any]]
"""The parameters of a request's tools, by name; none where it has no tools."""


def schemas_of(tools: Iterable[dict[str, Any]]) -> Schemas:
    """Of tools as OpenAI declares them."""
    functions = (tool.get("function") or {} for tool in tools)
    return {function.get("name", ""): function.get("parameters") or {} for function in functions}
