"""Hermes' form of calls, which Qwen's models use: `<tool_call>{"name": …}</tool_call>`."""

from __future__ import annotations

import json

from azrun.inference.dialects.dialect import Dialect
from azrun.inference.dialects.json_call import read_call
from azrun.inference.dialects.lark import Lark, Tool
from azrun.inference.dialects.parts import Schemas, Text
from azrun.inference.dialects.source import (
    Reading,
    Source,
    accept,
    opened,
    rest,
    skip_space,
    thought,
)

OPEN, CLOSE = "<tool_call>", "</tool_call>"


class Hermes(Dialect):
    name = "hermes"
    calls_tools = True

    def shows_special(self, tools: bool) -> bool:
        return tools

    def read(self, source: Source, tools: Schemas, thinking: bool) -> Reading:
        yield from thought(source, self.opening, self.closing, thinking)
        index = 0
        while tools and (yield from opened(source, OPEN)):
            if (yield from read_call(source, index)):
                index += 1
                yield from accept(source, CLOSE)
                yield from skip_space(source)
            else:
                yield Text(OPEN)
        yield from rest(source)

    def calls(self, lark: Lark, tools: list[Tool], most: int) -> str:
        one = lark.choice(
            f"{lark.text(_head(tool))} {lark.json(tool.parameters)} {lark.text('}' + chr(10))}"
            for tool in tools
        )
        one = f"{lark.marker(OPEN)} {one} {lark.marker(CLOSE)}"
        return lark.repeat(one, lark.text("\n"), most)


def _head(tool: Tool) -> str:
    return f'\n{{"name": {json.dumps(tool.name)}, "arguments": '
