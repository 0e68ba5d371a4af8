from __future__ import annotations

import json
import random
from collections.abc import Callable

import numpy as np
import pytest

from azrun.inference import dialects
from azrun.inference.errors import InvalidRequest, Unsupported
from azrun.inference.types import GenerateRequest, ToolCallDelta
from azrun.inference.worker.requests.constraint import Constraint
from azrun.inference.worker.requests.vocabulary import Vocabulary

from .spelling import MARKERS, OBJECT, WORDS, Speller, of_schema, of_tools, tool


@pytest.mark.parametrize("special", [True, False])
def test_a_thought_comes_first(vocabulary: Callable[..., Vocabulary], special: bool):
    marker = "</think>"
    one = of_schema(vocabulary((marker,) if special else (), WORDS), OBJECT, thinking=True)
    assert one.takes('I {"think} </ so\n\u00e9')
    assert not one.may_end()
    assert one.takes(marker)
    assert not one.takes("x")
    assert one.takes('\n\n{"city": ""}')
    assert one.constraint.done


FORCED = {
    "hermes": '<tool_call>\n{"name": "f", "arguments": {"city": "Lisboa"}}\n</tool_call>',
    "mistral": '[TOOL_CALLS][{"name": "f", "arguments": {"city": "Lisboa"}}]',
    "mistral_named": '[TOOL_CALLS]f[ARGS]{"city": "Lisboa"}',
    "llama3": '{"name": "f", "parameters": {"city": "Lisboa"}}',
    "qwen_coder": "<tool_call>\n<function=f>\n<parameter=city>\nLisboa\n</parameter>\n"
    "</function>\n</tool_call>",
    "glm": "<tool_call>f\n<arg_key>city</arg_key>\n<arg_value>Lisboa</arg_value>\n</tool_call>",
    "minimax": '<minimax:tool_call>\n<invoke name="f">\n<parameter name="city">Lisboa</parameter>'
    "\n</invoke>\n</minimax:tool_call>",
    "harmony": '<|channel|>commentary to=functions.f <|constrain|>json<|message|>{"city": ""}',
}


@pytest.mark.parametrize("special", [True, False])
@pytest.mark.parametrize("dialect", FORCED)
def test_a_forced_call(vocabulary: Callable[..., Vocabulary], dialect: str, special: bool):
    markers = MARKERS.get(dialect.removesuffix("_named"), [])
    one = of_tools(
        vocabulary(tuple(markers) if special else (), WORDS), dialect, tool("f"), tool("g")
    )
    assert not one.may_end()
    assert not one.constraint.allows(ord("I"))
    assert one.takes(FORCED[dialect])
    assert one.may_end()


@pytest.mark.parametrize(("dialect", "between"), [("hermes", "\n"), ("mistral_named", "")])
def test_parallel_calls(plain: Vocabulary, dialect: str, between: str):
    call = FORCED[dialect]
    one = of_tools(plain, dialect, tool("f"), tool("g"))
    assert one.takes(call + between + call.replace("f", "g", 1) if dialect != "hermes" else call)
    assert not one.constraint.done
    alone = of_tools(plain, dialect, tool("f"), parallel_tool_calls=False)
    assert alone.takes(call)
    assert alone.constraint.done


def test_calls_do_not_go_on_without_end(plain: Vocabulary):
    one = of_tools(plain, "mistral_named", tool("f", None))
    assert one.takes("[TOOL_CALLS]f[ARGS]{}" * 16)
    assert one.constraint.done


def test_only_the_forced_tools(plain: Vocabulary):
    one = of_tools(plain, "hermes", tool("f"), tool("g"), forced=("g",))
    assert not one.takes(FORCED["hermes"])


def test_arguments_are_closed(plain: Vocabulary):
    open_ended = {"type": "object", "properties": {"city": {"type": "string"}}}
    one = of_tools(plain, "llama3", tool("f", open_ended))
    assert not one.takes('{"name": "f", "parameters": {"x')


def test_arguments_by_reference(plain: Vocabulary):
    referring = {"$defs": {"a": OBJECT}, "$ref": "#/$defs/a"}
    assert of_tools(plain, "llama3", tool("f", referring)).takes(FORCED["llama3"])


def test_harmony_may_think_first(plain: Vocabulary):
    thought = "<|channel|>analysis<|message|>hm { <|end|><|start|>assistant"
    one = of_tools(plain, "harmony", tool("f"))
    assert one.takes(thought + FORCED["harmony"])
    answer = of_schema(plain, OBJECT, dialect="harmony")
    assert answer.takes(thought + '<|channel|>final<|message|>{"city": ""}')


FEW = {
    "type": "object",
    "properties": {"city": {"enum": ["Faro", "\u00c9vora"]}, "n": {"type": "boolean"}},
    "required": ["city"],
}


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dialect", FORCED)
def test_whatever_is_written_under_it_is_read_as_calls(
    vocabulary: Callable[..., Vocabulary], dialect: str, seed: int
):
    markers = tuple(marker for markers in MARKERS.values() for marker in markers)
    one = of_tools(vocabulary(markers, WORDS), dialect, tool("f", FEW), tool("g", FEW))
    reader = dialects.reader(dialect, {"f": FEW}, thinking=False)
    parts = reader.feed(_anything(one, random.Random(seed))) + reader.finish()
    calls = [part for part in parts if isinstance(part, ToolCallDelta)]
    assert calls
    assert [part for part in parts if isinstance(part, dialects.Text)] == []
    for index in range(calls[-1].index + 1):
        mine = [call for call in calls if call.index == index]
        assert mine[0].name in ("f", "g")
        arguments = json.loads("".join(call.arguments for call in mine))
        assert arguments["city"] in ("Faro", "\u00c9vora")


def _anything(one: Speller, chance: random.Random) -> str:
    """What a model of no mind writes."""
    pieces = one.vocabulary.tokenizer
    written = b""
    while not one.constraint.done and not (one.may_end() and chance.random() < 0.5):
        logits = np.zeros(one.vocabulary.size, np.float32)
        one.constraint.mask(logits)
        logits[list(one.vocabulary.eog)] = -np.inf
        token = chance.choice(np.flatnonzero(logits == 0).tolist())
        one.constraint.accept(token)
        written += pieces.decode_bytes([token])
    return written.decode()


def test_tools_that_are_not_forced_beside_a_schema(plain: Vocabulary):
    request = GenerateRequest(json_schema=json.dumps(OBJECT), tools=(tool("f"),))
    constraint = Constraint(plain, request, "hermes")
    assert Speller(plain, constraint.copy()).takes(FORCED["hermes"])
    assert Speller(plain, constraint.copy()).takes('{"city": ""}')
    assert not Speller(plain, constraint).takes("I")
    assert not Speller(plain, Constraint(plain, request, "plain")).takes("<tool_call>")


@pytest.mark.parametrize("special", [True, False])
def test_a_free_answer_or_calls_as_declared(vocabulary: Callable[..., Vocabulary], special: bool):
    known = vocabulary(tuple(MARKERS["hermes"]) if special else (), WORDS)
    constraint = Constraint(known, GenerateRequest(tools=(tool("f"), tool("g"))), "hermes")
    free = Speller(known, constraint.copy())
    assert free.takes("It is \u00e9, {\n")
    assert free.may_end()
    assert not free.constraint.done
    assert Speller(known, constraint.copy()).takes(FORCED["hermes"])
    wrong = Speller(known, constraint).takes('<tool_call>\n{"name": "h", "arguments": {}}')
    assert wrong == (not special)  # what no marker opens is text


def test_a_copy_goes_its_own_way(plain: Vocabulary):
    one = of_schema(plain, OBJECT)
    assert one.takes('{"city": "')
    other = Speller(plain, one.constraint.copy())
    assert one.takes('a"}')
    assert other.takes('b", "n": 1}')


def test_no_calls_without_a_form_for_them(plain: Vocabulary):
    with pytest.raises(Unsupported, match="knows no tools"):
        of_tools(plain, "plain", tool("f"))


def test_a_bad_tool(plain: Vocabulary):
    with pytest.raises(InvalidRequest, match="tools: "):
        of_tools(plain, "hermes", tool("f", {"type": "thing"}))
