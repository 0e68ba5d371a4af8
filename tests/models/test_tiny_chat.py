"""The committed tiny-chat: its file is what the runtime expects, its training is fair."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable, Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from gguf import GGUFReader
from jinja2 import Template
from jinja2.sandbox import ImmutableSandboxedEnvironment

FOLDER = Path(__file__).parents[2] / "models" / "tiny-chat"
FILE = FOLDER / "tiny-chat.gguf"
Module = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def metadata() -> dict[str, Any]:
    fields = GGUFReader(FILE).fields
    return {name: field.contents() for name, field in fields.items()}


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Iterator[Module]:
    """Imports a module of the generator, which is no part of azrun."""
    monkeypatch.syspath_prepend(str(FOLDER))
    yield lambda name: import_module(f"tinychat.{name}")
    for name in [name for name in sys.modules if name.split(".")[0] == "tinychat"]:
        del sys.modules[name]


@pytest.fixture
def conversations(module: Module) -> list[Any]:
    make, rng = module("lessons").conversation, random.Random(0)
    return [make(rng) for _ in range(400)] + [make(rng, fresh=True) for _ in range(200)]


@cache
def compiled(source: str) -> Template:
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.filters["tojson"] = lambda value: json.dumps(value, ensure_ascii=False)
    return environment.from_string(source)


def rendered(template: str, messages: list[Any], **extra: Any) -> str:
    return compiled(template).render(messages=messages, **extra)


def test_the_file_is_small() -> None:
    assert FILE.stat().st_size <= 12_000_000


def test_the_file_says_what_it_is(metadata: dict[str, Any]) -> None:
    assert metadata["general.architecture"] == "qwen2"
    assert metadata["general.name"] == "tiny-chat"
    assert metadata["azrun.stand_in"] is True
    assert metadata["general.sampling.temp"] == 0


def test_the_vocabulary_is_the_training_s(metadata: dict[str, Any]) -> None:
    vocabulary = json.loads((FOLDER / "vocabulary.json").read_text())
    assert metadata["tokenizer.ggml.tokens"] == vocabulary["tokens"]
    assert metadata["tokenizer.ggml.merges"] == vocabulary["merges"]


def test_the_template_prints_what_training_showed(
    metadata: dict[str, Any], module: Module, conversations: list[Any]
) -> None:
    template = metadata["tokenizer.chat_template"]
    for one in conversations:
        shown = "".join(text for text, _ in module("conversation").segments(one))
        assert rendered(template, one.messages, tools=one.tools or None) == shown


def test_the_template_takes_parts_and_arguments_as_text(metadata: dict[str, Any]) -> None:
    template = metadata["tokenizer.chat_template"]
    part = {"type": "text", "text": "hi"}
    function = {"name": "f", "arguments": '{"a": 1}'}
    messages = [
        {"role": "user", "content": [part, part]},
        {"role": "assistant", "content": None, "tool_calls": [{"function": function}]},
    ]
    assert rendered(template, messages, add_generation_prompt=True) == (
        "<|im_start|>user\nhihi<|im_end|>\n<|im_start|>assistant\n"
        '<tool_call>\n{"name": "f", "arguments": {"a": 1}}\n</tool_call><|im_end|>\n'
        "<|im_start|>assistant\n"
    )


def test_a_tool_without_parameters_is_shown(metadata: dict[str, Any]) -> None:
    shown = rendered(
        metadata["tokenizer.chat_template"],
        [{"role": "user", "content": "hi"}],
        tools=[{"type": "function", "function": {"name": "now"}}],
    )
    assert shown.startswith("<|im_start|>system\n<tools>\nnow()\n</tools><|im_end|>\n")


def test_training_and_evaluation_share_no_made_up_name(module: Module) -> None:
    words = module("words").Words
    old, new = (words(random.Random(0), "en", fresh=fresh) for fresh in (False, True))
    assert not {old.made_up() for _ in range(2000)} & {new.made_up() for _ in range(2000)}


def test_facts_are_in_the_prompt(conversations: list[Any]) -> None:
    reading = [one for one in conversations if one.fact]
    assert len(reading) > 100
    for one in reading:
        assert any(one.fact in message["content"] for message in one.messages[:-1])
        assert one.fact in one.messages[-1]["content"]


def test_strings_that_tools_are_called_with_are_in_the_question(conversations: list[Any]) -> None:
    called = [one for one in conversations if one.kind == "tool.call"]
    assert len(called) > 50
    for one in called:
        question = one.messages[-2]["content"].lower()
        names = {tool["function"]["name"] for tool in one.tools}
        for call in one.messages[-1]["tool_calls"]:
            assert call["function"]["name"] in names
            given = call["function"]["arguments"].values()
            strings = [value.lower() for value in given if isinstance(value, str)]
            assert all(string in question for string in strings)


def test_answers_stop_and_are_short(conversations: list[Any]) -> None:
    assert all(len(one.messages[-1]["content"]) < 400 for one in conversations)


def test_json_answers_are_json(conversations: list[Any]) -> None:
    forms = [one for one in conversations if one.kind == "form.json"]
    assert forms
    assert all(isinstance(json.loads(one.accepted[0]), dict) for one in forms)
