"""How models write thoughts and tool calls: one dialect a file, all read by one Reader."""

from __future__ import annotations

from azrun.inference.dialects.dialect import Dialect
from azrun.inference.dialects.harmony import CHANNEL, Harmony
from azrun.inference.dialects.hermes import OPEN, Hermes
from azrun.inference.dialects.llama3 import Llama3
from azrun.inference.dialects.mistral import ARGS, CALLS, Mistral, MistralNamed
from azrun.inference.dialects.parts import Part, Text, Thought
from azrun.inference.dialects.reader import Reader

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
    "shows_special",
]

_OTHERS = ("<function=", "<arg_key>", "<invoke")  # no JSON, between the same markers

_DIALECTS = {
    dialect.name: dialect
    for dialect in (Dialect(), Hermes(), Mistral(), MistralNamed(), Harmony(), Llama3())
}


def detect(template: str) -> str:
    """The dialect's name, by the markers in a model's chat template; "plain" without any."""
    if CHANNEL in template:
        return Harmony.name
    if CALLS in template:
        return MistralNamed.name if ARGS in template else Mistral.name
    if OPEN in template and not any(other in template for other in _OTHERS):
        return Hermes.name
    if "<|start_header_id|>" in template and '"parameters"' in template:
        return Llama3.name
    return Dialect.name


def named(dialect: str) -> Dialect:
    """The dialect of this name; one that is not known is read as plain text."""
    return _DIALECTS.get(dialect, _DIALECTS[Dialect.name])


def reader(dialect: str, tools: bool, thinking: bool) -> Reader:
    """A reader for one answer: `tools`, where the request has some; `thinking`, where the
    prompt has ended inside a thought."""
    return Reader(named(dialect), tools, thinking)


def shows_special(dialect: str, tools: bool) -> bool:
    """Whether special tokens must be part of the text that the reader gets."""
    return named(dialect).shows_special(tools)


def opens_thought(dialect: str, prompt_end: str) -> bool:
    """Whether a prompt that ends so has opened a thought for the model to go on with."""
    return prompt_end.rstrip().endswith(named(dialect).opening)
