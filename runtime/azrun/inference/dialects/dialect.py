"""What every dialect has; by itself the one of models that call no tools."""

from __future__ import annotations

from azrun.inference.dialects.lark import Lark, Tool
from azrun.inference.dialects.parts import Schemas
from azrun.inference.dialects.source import Reading, Source, rest, thought
from azrun.inference.errors import Unsupported


class Dialect:
    """How a family of models writes its thoughts and calls, and the grammars that make it so."""

    name = "plain"
    opening, closing = "<think>", "</think>"
    calls_tools = False

    def shows_special(self, tools: bool) -> bool:
        """Whether special tokens are part of what `read` has to see."""
        return False

    def read(self, source: Source, tools: Schemas, thinking: bool) -> Reading:
        """The parts of an answer; `thinking`, where the prompt has opened a thought."""
        yield from thought(source, self.opening, self.closing, thinking)
        yield from rest(source)

    def calls(self, lark: Lark, tools: list[Tool], most: int) -> str:
        """The grammar of one to `most` calls."""
        raise Unsupported(
            "tool_choice: the model's chat template knows no tools: no call can be forced.",
            "Leave tool_choice out, or use a model that was trained to call tools.",
        )

    def text(self, lark: Lark, body: str) -> str:
        """The grammar of an answer that says `body`."""
        return body

    def before(self, lark: Lark, thinking: bool) -> str:
        """The grammar of what comes before an answer."""
        return rf"{lark.through(self.closing)} (/\n{{1,2}}/)?" if thinking else ""
