"""Tells thoughts, text and calls apart while an answer is written."""

from __future__ import annotations

from azrun.inference.dialects.dialect import Dialect
from azrun.inference.dialects.parts import Part, Schemas
from azrun.inference.dialects.source import Source
from azrun.inference.types import ToolCallDelta


class Reader:
    """Reads one answer; `called` once it has called a tool."""

    def __init__(self, dialect: Dialect, tools: Schemas, thinking: bool) -> None:
        self._source = Source()
        self._parts = dialect.read(self._source, tools, thinking)
        self.called = False

    def feed(self, text: str) -> list[Part]:
        """What the text is for sure, by now; the beginning of a marker is held back."""
        self._source.text += text
        return self._read()

    def finish(self) -> list[Part]:
        """What was held back, when no more text comes."""
        self._source.ended = True
        return self._read()

    def _read(self) -> list[Part]:
        parts = []
        for part in self._parts:
            if part is None:
                break
            parts.append(part)
            self.called = self.called or isinstance(part, ToolCallDelta)
        return parts
