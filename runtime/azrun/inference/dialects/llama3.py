"""Llama 3's calls: `{"name": …, "parameters": …}`, and nothing else."""

from __future__ import annotations

import json

from azrun.inference.dialects.dialect import Dialect
from azrun.inference.dialects.json_call import read_call
from azrun.inference.dialects.lark import Lark, Tool
from azrun.inference.dialects.parts import Schemas, Text
from azrun.inference.dialects.source import Reading, Source, accept, rest, skip_space, thought

TAG = "<|python_tag|>"


class Llama3(Dialect):
    name = "llama3"
    calls_tools = True

    def shows_special(self, tools: bool) -> bool:
        return tools

    def read(self, source: Source, tools: Schemas, thinking: bool) -> Reading:
        yield from thought(source, self.opening, self.closing, thinking)
        if tools:
            tag = yield from accept(source, TAG)
            index = 0
            while (yield from read_call(source, index)):
                index += 1
                yield from accept(source, ";", ",")
            if index:
                yield from skip_space(source)
            elif tag:
                yield Text(tag)
        yield from rest(source)

    def calls(self, lark: Lark, tools: list[Tool], most: int) -> str:
        # It was trained to call one function at a time.
        return lark.choice(
            f"{lark.text(_head(tool))} {lark.json(tool.parameters)} {lark.text('}')}"
            for tool in tools
        )


def _head(tool: Tool) -> str:
    return f'{{"name": {json.dumps(tool.name)}, "parameters": '
