"""Reads whole answers, cut into pieces in many ways."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from azrun.inference.dialects import Part, Schemas, Text, Thought, reader
from azrun.inference.types import ToolCallDelta

Read = Callable[..., list[Part]]
ANY: Schemas = {"f": {}}


@pytest.fixture
def read() -> Read:
    return _read_every_way


def _read_every_way(
    dialect: str, text: str, tools: Schemas = ANY, thinking: bool = False
) -> list[Part]:
    """The parts of `text`, merged; the same for every way in which it comes."""
    results = [_read(dialect, pieces, tools, thinking) for pieces in _cuts(text)]
    for result in results:
        assert result == results[0]
    return results[0]


def _read(dialect: str, pieces: list[str], tools: Schemas, thinking: bool) -> list[Part]:
    one = reader(dialect, tools, thinking)
    parts = [part for piece in pieces for part in one.feed(piece)] + one.finish()
    assert one.called == any(isinstance(part, ToolCallDelta) for part in parts)
    return _merged(parts)


def _cuts(text: str) -> Iterator[list[str]]:
    for size in (max(1, len(text)), 1, 2, 3, 7):
        yield [text[at : at + size] for at in range(0, len(text), size)]
    chance = random.Random(7)
    for _ in range(20):
        places = sorted(chance.choices(range(len(text) + 1), k=4))
        yield [text[a:b] for a, b in zip([0, *places], [*places, len(text)], strict=True)]


def _merged(parts: list[Part]) -> list[Part]:
    merged: list[Part] = []
    for part in parts:
        last = merged[-1] if merged else None
        if isinstance(part, Text) and isinstance(last, Text):
            merged[-1] = Text(last.text + part.text)
        elif isinstance(part, Thought) and isinstance(last, Thought):
            merged[-1] = Thought(last.text + part.text)
        elif _goes_on(last, part):
            assert isinstance(last, ToolCallDelta)
            assert isinstance(part, ToolCallDelta)
            merged[-1] = ToolCallDelta(last.index, arguments=last.arguments + part.arguments)
        else:
            merged.append(part)
    return merged


def _goes_on(last: Part | None, part: Part) -> bool:
    return (
        isinstance(last, ToolCallDelta)
        and isinstance(part, ToolCallDelta)
        and last.index == part.index
        and not (last.name or part.name)
    )
