"""What an answer is made of."""

from __future__ import annotations

from dataclasses import dataclass

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
