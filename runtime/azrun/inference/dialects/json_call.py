"""A call as a JSON object with a name and arguments, which three dialects share."""

from __future__ import annotations

import json
import re
from collections.abc import Generator

from azrun.inference.dialects.braces import Braces
from azrun.inference.dialects.parts import Part, Text
from azrun.inference.dialects.source import LONGEST_HEAD, Reading, Source, accept
from azrun.inference.types import ToolCallDelta

_HEAD = re.compile(
    r'\s*\{\s*"name"\s*:\s*("(?:[^"\\]|\\.)+")\s*,\s*"(?:arguments|parameters)"\s*:\s*(?=\{)'
)


def read_call(source: Source, index: int) -> Generator[Part | None, None, bool]:
    """Reads call number `index`; False, with all of the text left, where it is none.

    The arguments are given out as they come where the name is written before them.
    """
    braces, seen = Braces(), 0
    while True:
        head = _HEAD.match(source.text, 0, LONGEST_HEAD)
        if head and (name := _string(head[1])):
            source.take(head.end())
            yield ToolCallDelta(index, name)
            yield from read_arguments(source, index)
            yield from _close(source)
            return True
        if not "{".startswith(source.text.lstrip()[:1]):
            return False
        end = braces.feed(source.text[seen:])
        if end is not None:
            return (yield from _whole(source, seen + end, index))
        seen = len(source.text)
        if source.ended:
            return False
        yield None


def read_arguments(source: Source, index: int) -> Reading:
    """An object, piece by piece."""
    braces = Braces()
    while True:
        end = braces.feed(source.text)
        piece = source.take(len(source.text) if end is None else end)
        if piece:
            yield ToolCallDelta(index, arguments=piece)
        if end is not None or source.ended:
            return
        yield None


def _close(source: Source) -> Reading:
    """The object's end, with whatever else it holds after the arguments."""
    opened = yield from accept(source, ",", "}")
    if opened != ",":
        return
    braces, held = Braces(depth=1), opened
    while (end := braces.feed(source.text)) is None:
        held += source.take(len(source.text))
        if source.ended:
            yield Text(held)
            return
        yield None
    source.take(end)


def _whole(source: Source, size: int, index: int) -> Generator[Part | None, None, bool]:
    call = _parse(source.text[:size])
    if call is None:
        return False
    source.take(size)
    yield ToolCallDelta(index, call[0])
    yield ToolCallDelta(index, arguments=call[1])
    return True


def _parse(text: str) -> tuple[str, str] | None:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    name = value.get("name")
    if not isinstance(name, str) or not name:
        return None
    arguments = value.get("arguments", value.get("parameters"))
    if isinstance(arguments, str):
        return name, arguments
    return name, json.dumps({} if arguments is None else arguments, ensure_ascii=False)


def _string(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:
        return ""
