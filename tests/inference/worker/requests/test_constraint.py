from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gguf
import llama_cpp as lib
import numpy as np
import pytest

from azrun.inference import dialects
from azrun.inference.errors import InvalidRequest, Unsupported
from azrun.inference.types import GenerateRequest, ToolCallDelta
from azrun.inference.worker.logs import Logs
from azrun.inference.worker.requests.constraint import Constraint
from azrun.inference.worker.requests.vocabulary import Vocabulary

MARKERS = {
    "hermes": ["<tool_call>", "</tool_call>", "</think>"],
    "mistral": ["[TOOL_CALLS]", "[ARGS]", "[/THINK]"],
    # Without the last two, llama.cpp takes <|end|> for the end of an answer.
    "harmony": [
        *("<|channel|>", "<|message|>", "<|constrain|>", "<|start|>", "<|end|>"),
        *("<|call|>", "<|return|>"),
    ],
}
WORDS = ('{"', '": ', '", "', "name", "arguments", "Lis", "boa", "city", "}}", "}\n")
OBJECT = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "n": {"type": "integer", "maximum": 12}},
    "required": ["city"],
    "additionalProperties": False,
}


def tool(name: str, parameters: dict[str, Any] | None = OBJECT) -> dict[str, Any]:
    function = {"name": name} | ({} if parameters is None else {"parameters": parameters})
    return {"type": "function", "function": function}


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Vocabulary]]:
    """Makes vocabularies of bytes, words, two ends, and markers, through a GGUF."""
    logs, models = Logs(), []

    def make(markers: tuple[str, ...] = (), words: tuple[str, ...] = ()) -> Vocabulary:
        path = tmp_path_factory.mktemp("vocabulary") / "vocabulary.gguf"
        _write(path, markers, words)
        parameters = lib.llama_model_default_params()
        parameters.vocab_only = True
        model = lib.llama_model_load_from_file(bytes(path), parameters)
        assert model, logs.reason()
        models.append(model)
        return Vocabulary(lib.llama_model_get_vocab(model))

    lib.llama_backend_init()
    yield make
    for model in models:
        lib.llama_model_free(model)


def _write(path: Path, markers: tuple[str, ...], words: tuple[str, ...]) -> None:
    """Markers are control tokens, or, in angle brackets without bars, a user's."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    spelled = [chr(byte if byte in plain else next(others)) for byte in range(256)]
    kinds = gguf.TokenType
    tokens = [*spelled, *("".join(spelled[byte] for byte in word.encode()) for word in words)]
    types = [kinds.NORMAL] * len(tokens) + [kinds.CONTROL] * 2
    types += [kinds.USER_DEFINED if re.match(r"<[^|]", one) else kinds.CONTROL for one in markers]
    tokens += ["<end>", "<turn>", *markers]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(["\u0100 \u0100"])
    writer.add_eos_token_id(tokens.index("<end>"))
    writer.add_eot_token_id(tokens.index("<turn>"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


class Speller:
    """Writes text into a constraint, token by token, as an engine would."""

    def __init__(self, vocabulary: Vocabulary, constraint: Constraint) -> None:
        self.vocabulary, self.constraint = vocabulary, constraint

    def tokens(self, text: str) -> list[int]:
        tokens = []
        while text:
            marker = next((m for ms in MARKERS.values() for m in ms if text.startswith(m)), "")
            special = self.vocabulary.special(marker) if marker else None
            word = next((w for w in WORDS if text.startswith(w)), "")
            if special is not None:
                tokens.append(special)
                text = text[len(marker) :]
            elif word:
                tokens.append(256 + WORDS.index(word))
                text = text[len(word) :]
            else:
                tokens += text[0].encode()
                text = text[1:]
        return tokens

    def takes(self, text: str) -> bool:
        """Whether all of the text may come; both ways of asking must agree."""
        for token in self.tokens(text):
            logits = np.zeros(self.vocabulary.size, np.float32)
            self.constraint.mask(logits)
            allowed = self.constraint.allows(token)
            assert allowed == (logits[token] == 0)
            if not allowed:
                return False
            self.constraint.accept(token)
        return True

    def may_end(self) -> bool:
        ends = {self.constraint.allows(token) for token in self.vocabulary.eog}
        logits = np.zeros(self.vocabulary.size, np.float32)
        self.constraint.mask(logits)
        assert {bool(logits[token] == 0) for token in self.vocabulary.eog} == ends
        return ends == {True}


@pytest.fixture(scope="module")
def plain(vocabulary: Callable[..., Vocabulary]) -> Vocabulary:
    return vocabulary(words=WORDS)


def of_schema(vocabulary: Vocabulary, schema: Any, **more: Any) -> Speller:
    request = GenerateRequest(json_schema=json.dumps(schema))
    return Speller(
        vocabulary, Constraint(vocabulary, request, more.pop("dialect", "plain"), **more)
    )


def of_tools(vocabulary: Vocabulary, dialect: str, *tools: Any, **more: Any) -> Speller:
    names = more.pop("forced", tuple(one["function"]["name"] for one in tools))
    thinking = more.pop("thinking", False)
    request = GenerateRequest(tools=tools, forced_tools=names, **more)
    return Speller(vocabulary, Constraint(vocabulary, request, dialect, thinking))


def test_a_schema(plain: Vocabulary):
    one = of_schema(plain, OBJECT)
    assert not one.constraint.allows(ord("x"))
    assert one.takes('{"city": "Lisboa \u00e9", "n": 1')
    assert not one.may_end()
    assert not one.constraint.done
    assert not one.takes("3")
    assert one.takes("2}")
    assert one.constraint.done
    assert one.may_end()
    assert not one.takes(" ")


def test_any_object(plain: Vocabulary):
    one = of_schema(plain, {"type": "object"})
    assert one.takes('{"a": [1, {"b": null}], "c": -1.5e3}')
    assert one.may_end()


@pytest.mark.parametrize("text", ['{ "city"', '{"city":  ', '{"city":\n', "\n", ' {"city"'])
def test_no_space_without_end(plain: Vocabulary, text: str):
    assert not of_schema(plain, OBJECT).takes(text)


def test_a_number_may_end_or_go_on(plain: Vocabulary):
    one = of_schema(plain, {"type": "integer"})
    assert one.takes("12")
    assert one.may_end()
    assert not one.constraint.done
    assert one.takes("3")


def test_the_end_is_no_part_of_the_grammar(plain: Vocabulary):
    one = of_schema(plain, {"enum": [True]})
    assert one.takes("true")
    one.constraint.accept(min(plain.eog))
    assert one.constraint.done


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
    reader = dialects.reader(dialect, tools=True, thinking=False)
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


def _bush(depth: int) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(depth):
        schema = {"type": "object", "properties": {"a": schema, "b": schema}}
    return schema


BAD = {
    "no type": {"type": "thing"},
    "matches nothing": {"type": "integer", "minimum": 5, "maximum": 2},
    "no choice": {"enum": []},
    "only itself": {"$defs": {"a": {"$ref": "#/$defs/a"}}, "$ref": "#/$defs/a"},
    "elsewhere": {"$ref": "http://127.0.0.1:9/schema"},
    "not supported": {"type": "array", "uniqueItems": True},
    "broken pattern": {"type": "string", "pattern": "("},
    "looks ahead": {"type": "string", "pattern": "^(?=a)b"},
    "explodes": _bush(15),
    "many properties": {"properties": {f"p{i}": {"type": "string"} for i in range(20_000)}},
    "patterns at once": {
        "allOf": [{"type": "string", "pattern": f"^(.{{{n}}})*$"} for n in (7, 11, 13, 17, 19, 23)]
    },
    "a large divisor": {"type": "integer", "multipleOf": 1_000_003},
    "divisors at once": {"allOf": [{"type": "integer", "multipleOf": n} for n in (997, 991)]},
    "choices of choices": {
        "allOf": [
            {"anyOf": [{"properties": {f"p{i}{j}": {"type": "null"}}} for i in range(4)]}
            for j in range(7)
        ]
    },
}


@pytest.mark.parametrize("schema", BAD.values(), ids=BAD)
def test_a_schema_that_cannot_be_followed(plain: Vocabulary, schema: Any):
    began = time.monotonic()
    with pytest.raises(InvalidRequest, match="response_format: "):
        of_schema(plain, schema)
    assert time.monotonic() - began < 4


@pytest.mark.parametrize("text", ["{", "[]", "true", '{"type":' * 9000])
def test_what_is_no_schema(plain: Vocabulary, text: str):
    with pytest.raises(InvalidRequest, match="response_format: the schema"):
        Constraint(plain, GenerateRequest(json_schema=text), "plain")


def test_a_bad_tool(plain: Vocabulary):
    with pytest.raises(InvalidRequest, match="tools: "):
        of_tools(plain, "hermes", tool("f", {"type": "thing"}))


def test_an_explosion_while_it_is_followed(plain: Vocabulary):
    pattern = r"^(\p{L}{1,500}){1,500}$"
    one = of_schema(plain, {"type": "string", "pattern": pattern})
    with pytest.raises(InvalidRequest, match="response_format: "):
        one.takes('"' + "abccba" * 200)


def test_special_tokens(vocabulary: Callable[..., Vocabulary]):
    one = vocabulary(("<mark>", "<|control|>", "[CONTROL]"), ("<word>", "two words"))
    assert one.size == 256 + 2 + 2 + 3
    assert [one.special(text) for text in ("<mark>", "<|control|>", "[CONTROL]")] == [260, 261, 262]
    assert one.special("<word>") is None
    assert one.special("never") is None
    assert one.eog == {one.special("<end>"), one.special("<turn>")}


def test_the_bytes_of_tokens(vocabulary: Callable[..., Vocabulary]):
    tokenizer = vocabulary((), ("two words", "\u00e9")).tokenizer
    assert tokenizer.decode_bytes([256, 257, 32, 0xC3]) == b"two words\xc3\xa9 \xc3"
    assert not tokenizer.is_special_token(255)  # the byte 0xFF, which no text has
