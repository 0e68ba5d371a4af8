"""Mistral's calls: `[TOOL_CALLS][{…}, {…}]`, and since 2025 `[TOOL_CALLS]name[ARGS]{…}`."""

from __future__ import annotations

import json
import re
from collections.abc import Generator

from azrun.inference.dialects.dialect import Dialect
from azrun.inference.dialects.json_call import read_arguments, read_call
from azrun.inference.dialects.lark import Lark, Tool
from azrun.inference.dialects.parts import Part, Schemas, Text
from azrun.inference.dialects.source import (
    LONGEST_HEAD,
    Reading,
    Source,
    accept,
    opened,
    rest,
    skip_space,
    thought,
)
from azrun.inference.types import ToolCallDelta

CALLS, ARGS = "[TOOL_CALLS]", "[ARGS]"
_NAMED = re.compile(r"\s*([\w.-]+)(?:\[CALL_ID\]\w+)?\[ARGS\]\s*(?=\{)")
_NAMED_SO_FAR = re.compile(r"\s*[\w.\[\]-]*\s*")


class Mistral(Dialect):
    name = "mistral"
    calls_tools = True
    opening, closing = "[THINK]", "[/THINK]"

    def shows_special(self, tools: bool) -> bool:
        return tools

    def read(self, source: Source, tools: Schemas, thinking: bool) -> Reading:
        yield from thought(source, self.opening, self.closing, thinking)
        index = 0
        while tools and (yield from opened(source, CALLS)):
            listed = yield from accept(source, "[")
            read = _listed(source, index) if listed else _named(source, index)
            after = yield from read
            if after == index:
                yield Text(CALLS + (listed or ""))
            else:
                yield from skip_space(source)
            index = after
        yield from rest(source)

    def calls(self, lark: Lark, tools: list[Tool], most: int) -> str:
        one = lark.choice(
            f"{lark.text(_head(tool))} {lark.json(tool.parameters)} {lark.text('}')}"
            for tool in tools
        )
        listed = lark.repeat(one, lark.text(", "), most)
        return f"{lark.marker(CALLS)} {lark.text('[')} {listed} {lark.text(']')}"


class MistralNamed(Mistral):
    name = "mistral_named"

    def shows_special(self, tools: bool) -> bool:
        return True  # its thoughts are between special tokens too

    def calls(self, lark: Lark, tools: list[Tool], most: int) -> str:
        args = lark.marker(ARGS)
        one = lark.choice(
            f"{lark.text(tool.name)} {args} {lark.json(tool.parameters)}" for tool in tools
        )
        return lark.repeat(f"{lark.marker(CALLS)} {one}", "", most)


def _head(tool: Tool) -> str:
    return f'{{"name": {json.dumps(tool.name)}, "arguments": '


Counted = Generator[Part | None, None, int]


def _listed(source: Source, index: int) -> Counted:
    """Reads calls from a list that is open; the index after the last."""
    while (yield from read_call(source, index)):
        index += 1
        if (yield from accept(source, ",", "]")) != ",":
            break
    return index


def _named(source: Source, index: int) -> Counted:
    while (
        "{" not in source.text
        and len(source.text) < LONGEST_HEAD
        and not source.ended
        and _NAMED_SO_FAR.fullmatch(source.text)
    ):
        yield None
    head = _NAMED.match(source.text, 0, LONGEST_HEAD)
    if head is None:
        return index
    source.take(head.end())
    yield ToolCallDelta(index, head[1])
    yield from read_arguments(source, index)
    return index + 1
