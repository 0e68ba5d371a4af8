"""gpt-oss's form: messages in channels, `<|channel|>final<|message|>…`.

Thoughts are in the channel `analysis`, calls are messages to `functions.NAME`, and what is in
`commentary` without being sent to a function is meant for the user, like what is in `final`.
"""

from __future__ import annotations

import re
from collections.abc import Generator

from azrun.inference.dialects.dialect import Dialect
from azrun.inference.dialects.lark import Lark, Tool
from azrun.inference.dialects.parts import Part, Schemas, Text, Thought
from azrun.inference.dialects.source import LONGEST_HEAD, Found, Reading, Source, until
from azrun.inference.types import ToolCallDelta

START, CHANNEL, MESSAGE, END = "<|start|>", "<|channel|>", "<|message|>", "<|end|>"
CONSTRAIN = "<|constrain|>"
_ENDS = (END, "<|call|>", "<|return|>", START, CHANNEL)
_BEGINS = (START, CHANNEL)
_TO = re.compile(r"\bto=(?:functions\.)?([\w.-]+)")
_ANALYSIS = re.compile(r"<\|channel\|>\s*analysis")
_HEADER = ("<|", "assistant", "to=")  # with these a message's header begins


class Harmony(Dialect):
    name = "harmony"
    calls_tools = True
    opening, closing = CHANNEL + "analysis" + MESSAGE, END

    def shows_special(self, tools: bool) -> bool:
        return True

    def read(self, source: Source, tools: Schemas, thinking: bool) -> Reading:
        index, opened = 0, self.opening if thinking else ""
        while source.text or not source.ended:
            header = opened if opened == self.opening else (yield from _header(source, opened))
            to = _TO.search(header)
            if to and tools:
                end = yield from _call(source, index, to[1])
                index += 1
            else:
                make = Thought if _ANALYSIS.search(header) else Text
                end = yield from until(source, _ENDS, make)
            opened = end if end in _BEGINS else ""

    def calls(self, lark: Lark, tools: list[Tool], most: int) -> str:
        one = lark.choice(
            f"{lark.text(f'commentary to=functions.{tool.name} ')} {lark.marker(CONSTRAIN)}"
            f" {lark.text('json')} {lark.marker(MESSAGE)} {lark.json(tool.parameters)}"
            for tool in tools
        )
        return f"{lark.marker(CHANNEL)} {one}"

    def text(self, lark: Lark, body: str) -> str:
        return f"{lark.marker(CHANNEL)} {lark.text('final')} {lark.marker(MESSAGE)} {body}"

    def before(self, lark: Lark, thinking: bool) -> str:
        ended = f"{lark.through(END)} {lark.marker(START)} {lark.text('assistant')}"
        if thinking:
            return ended
        opened = f"{lark.marker(CHANNEL)} {lark.text('analysis')} {lark.marker(MESSAGE)}"
        return f"({opened} {ended})?"


def _header(source: Source, opened: str) -> Generator[Part | None, None, str]:
    """A message's header, up to its text; empty where the text begins without one."""
    while not source.ended or source.text:
        at = source.text.find(MESSAGE, 0, LONGEST_HEAD)
        if at >= 0:
            header = opened + source.take(at)
            source.take(len(MESSAGE))
            return header
        begun = source.text.lstrip()
        if not opened and not _may_begin(begun):
            return ""
        if len(source.text) >= LONGEST_HEAD:
            source.text = opened + source.text
            yield Text(source.take(LONGEST_HEAD))
            return ""
        if source.ended:
            yield Text(source.take(len(source.text)))
            return ""
        yield None
    return ""


def _may_begin(text: str) -> bool:
    return any(text.startswith(start) or start.startswith(text) for start in _HEADER)


def _call(source: Source, index: int, name: str) -> Found:
    """A call, and the marker that ends it."""
    given = 0

    def piece(text: str) -> Part:
        nonlocal given
        given += 1
        return ToolCallDelta(index, arguments=text)

    yield ToolCallDelta(index, name)
    end = yield from until(source, _ENDS, piece)
    if not given:
        yield ToolCallDelta(index, arguments="{}")
    return end
