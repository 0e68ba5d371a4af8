from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from azrun.inference.errors import InvalidRequest
from azrun.inference.types import GenerateRequest
from azrun.inference.worker.requests.constraint import Constraint
from azrun.inference.worker.requests.vocabulary import Vocabulary

from .spelling import OBJECT, of_schema


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
