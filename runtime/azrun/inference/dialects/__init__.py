"""How models write thoughts and tool calls: one dialect a file, all read by one Reader."""

from __future__ import annotations

from azrun.inference.dialects.dialect import Dialect
from azrun.inference.dialects.harmony import CHANNEL, Harmony
from azrun.inference.dialects.hermes import OPEN, Hermes
from azrun.inference.dialects.llama3 import Llama3
from azrun.inference.dialects.mistral import ARGS, CALLS, Mistral, MistralNamed
from azrun.inference.dialects.parts import Part, Schemas, Text, Thought, schemas_of
from azrun.inference.dialects.reader import Reader
from azrun.inference.dialects.tagged import GLM, MINIMAX, QWEN_CODER

__all__ = [
    "Dialect",
    "Part",
    "Reader",
    "Text",
    "Thought",
    "detect",
    "named",
    "opens_thought",
    "reader",
    "schemas_of",
    "shows_special",
]

_TAGGED = {"<function=": QWEN_CODER, "<arg_key>": GLM, "<minimax:tool_call>": MINIMAX}

_DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(), Hermes(), Mistral(), MistralNamed(), Harmony(), Llama3(), *_TAGGED.values()
    )
}  # fmt: skip


def detect(template: str) -> str:
    """The dialect's name, by the markers in a model's chat template; "plain" without any."""
    if CHANNEL in template:
        return Harmony.name
    if CALLS in template:
        return MistralNamed.name if ARGS in template else Mistral.name
    for tag, dialect in _TAGGED.items():
        if tag in template and dialect.opens in template:
            return dialect.name
    if OPEN in template and "<invoke" not in template:
        return Hermes.name
    if "<|start_header_id|>" in template and '"parameters"' in template:
        return Llama3.name
    return Dialect.name


def named(dialect: str) -> Dialect:
    """The dialect of this name; one that is not known is read as plain text."""
    return _DIALECTS.get(dialect, _DIALECTS[Dialect.name])


def reader(dialect: str, tools: Schemas, thinking: bool) -> Reader:
    """A reader for one answer to a request with these tools; `thinking`, where the prompt has
    ended inside a thought."""
    return Reader(named(dialect), tools, thinking)


def shows_special(dialect: str, tools: bool) -> bool:
    """Whether special tokens must be part of the text that the reader gets."""
    return named(dialect).shows_special(tools)


def opens_thought(dialect: str, prompt_end: str) -> bool:
    """Whether a prompt that ends so has opened a thought for the model to go on with."""
    return prompt_end.rstrip().endswith(named(dialect).opening)
