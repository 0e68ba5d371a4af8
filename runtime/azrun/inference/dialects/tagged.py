"""Calls whose arguments stand between tags, as text: Qwen3-Coder's, GLM's and MiniMax's forms."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from azrun.inference.dialects.dialect import Dialect
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
    upto,
)
from azrun.inference.types import ToolCallDelta

_DEFINITIONS = ("$defs", "definitions")


@dataclass(frozen=True, slots=True)
class Tags:
    """What stands around a call, its name, and each argument's name and value; `space` is around
    a value, and no part of it."""

    open: str
    close: str
    name: tuple[str, str]
    key: tuple[str, str]
    value: tuple[str, str]
    end: str
    space: str = ""


class Tagged(Dialect):
    """A dialect of such tags. Which text is a number or a list, only a tool's schema tells."""

    calls_tools = True

    def __init__(self, name: str, tags: Tags) -> None:
        self.name, self._tags, self.opens = name, tags, tags.open
        before, after = map(re.escape, tags.name)
        self._head = re.compile(rf"\s*{before}\s*([\w.:-]+)\s*{after or r'(?=<)'}")

    def shows_special(self, tools: bool) -> bool:
        return tools

    def read(self, source: Source, tools: Schemas, thinking: bool) -> Reading:
        yield from thought(source, self.opening, self.closing, thinking)
        index, tags = 0, self._tags
        while tools and (yield from opened(source, tags.open)):
            before = index
            while (yield from self._call(source, tools, index)):
                index += 1
                if (yield from accept(source, tags.close)) or not tags.end:
                    break
            if index == before:
                yield Text(tags.open)
            else:
                yield from skip_space(source)
        yield from rest(source)

    def _call(
        self, source: Source, tools: Schemas, index: int
    ) -> Generator[Part | None, None, bool]:
        """Reads call number `index`, an argument at a time; False where there is none."""
        while (head := self._head.match(source.text, 0, LONGEST_HEAD)) is None:
            if source.ended or len(source.text) >= LONGEST_HEAD:
                return False
            yield None
        source.take(head.end())
        yield ToolCallDelta(index, head[1])
        known, start = _properties(tools.get(head[1])), "{"
        tags = self._tags
        while (yield from accept(source, tags.key[0])):
            key = yield from upto(source, tags.key[1])
            if opened := tags.value[0].lstrip():
                yield from accept(source, opened)
            text = yield from upto(source, tags.value[1])
            if key is None or text is None:
                return _cut(source)
            if tags.space:
                text = text.removeprefix(tags.space).removesuffix(tags.space)
            value = _value(text, known.get(key.strip(), {}))
            yield ToolCallDelta(index, arguments=f"{start}{json.dumps(key.strip())}: {value}")
            start = ", "
        left = source.text.lstrip()
        if source.ended and left and not left.startswith(tags.end or tags.close):
            return _cut(source)
        if tags.end:
            yield from accept(source, tags.end)
        yield ToolCallDelta(index, arguments="{}" if start == "{" else "}")
        return True

    def calls(self, lark: Lark, tools: list[Tool], most: int) -> str:
        tags = self._tags
        one = lark.choice(self._one(lark, tool) for tool in tools)
        end = lark.text(f"{tags.end}\n") if tags.end else ""
        one = f"{lark.marker(tags.open)} {one} {end} {lark.marker(tags.close)}"
        return lark.repeat(one, lark.text("\n"), most)

    def _one(self, lark: Lark, tool: Tool) -> str:
        """A tool's name and its arguments in the order of its schema; some may be left out."""
        tags, required = self._tags, set(tool.parameters.get("required") or ())
        before, after = tags.name
        name = f"{before}{tool.name}{after}\n"
        parts = [lark.text(f"\n{name}" if before else name)]
        for key, schema in _properties(tool.parameters).items():
            opened = f"{tags.key[0]}{key}{tags.key[1]}{tags.value[0]}{tags.space}"
            said = f"{lark.text(opened)} {self._said(lark, tool, schema)}"
            parts.append(said if key in required else f"({said})?")
        return " ".join(parts)

    def _said(self, lark: Lark, tool: Tool, schema: dict[str, Any]) -> str:
        """A value up to its closing tag."""
        closing, shared = f"{self._tags.space}{self._tags.value[1]}\n", tool.parameters
        if not _is_text(schema):
            known = {key: shared[key] for key in _DEFINITIONS if key in shared}
            return f"{lark.json(known | schema)} {lark.text(closing)}"
        if allowed := schema.get("enum"):
            return f"{lark.choice(lark.text(one) for one in allowed)} {lark.text(closing)}"
        return lark.through(closing)


def _cut(source: Source) -> bool:
    """The answer has ended inside a call: what is left is a part of a tag or of a value."""
    source.take(len(source.text))
    return True


def _properties(schema: dict[str, Any] | None) -> dict[str, dict[str, Any]]:
    found = (schema or {}).get("properties")
    if not isinstance(found, dict):
        return {}
    return {key: one if isinstance(one, dict) else {} for key, one in found.items()}


def _types(schema: dict[str, Any]) -> set[str]:
    types = schema.get("type") or ()
    return {types} if isinstance(types, str) else {one for one in types if isinstance(one, str)}


def _is_text(schema: dict[str, Any]) -> bool:
    """Whether a value can be nothing but text, which stands without quotes."""
    allowed = schema.get("enum")
    if isinstance(allowed, list) and not all(isinstance(one, str) for one in allowed):
        return False
    return _types(schema) == {"string"} or (bool(allowed) and not _types(schema))


def _value(text: str, schema: dict[str, Any]) -> str:
    """An argument as JSON: text where the schema wants text, or where it is nothing else."""
    if not _is_text(schema) and not ("string" in _types(schema) and text.strip() != "null"):
        with suppress(ValueError, RecursionError):
            return json.dumps(json.loads(text), ensure_ascii=False)
    return json.dumps(text, ensure_ascii=False)


QWEN_CODER = Tagged(
    "qwen_coder",
    Tags(
        "<tool_call>", "</tool_call>", ("<function=", ">"), ("<parameter=", ">"),
        ("", "</parameter>"), "</function>", space="\n",
    ),
)  # fmt: skip
GLM = Tagged(
    "glm",
    Tags(
        "<tool_call>", "</tool_call>", ("", ""), ("<arg_key>", "</arg_key>"),
        ("\n<arg_value>", "</arg_value>"), "",
    ),
)  # fmt: skip
MINIMAX = Tagged(
    "minimax",
    Tags(
        "<minimax:tool_call>", "</minimax:tool_call>", ('<invoke name="', '">'),
        ('<parameter name="', '">'), ("", "</parameter>"), "</invoke>",
    ),
)  # fmt: skip
