"""Requests that are too large, point nowhere, or take too long; and what others see of them."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import aclosing

import pytest

from azrun.inference.errors import InferenceError, InvalidRequest
from azrun.inference.local import LlamaBackend
from azrun.inference.types import EmbedRequest

from ..random_models import reads_text
from .asking import ask, complete, text

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_workers")]

MILLION = 10**6
STALL = 0.5  # seconds without a token, on a machine with other things to do


@pytest.mark.parametrize("letter", ["a", " ", "1", "\u2603", "\n", "a b ", "<|im_end|>"])
async def test_a_million_characters(says, backend, letter):
    model = backend(says("abc"))
    huge = (letter * MILLION)[:MILLION]
    async with asyncio.timeout(20):
        for request in (ask(huge), complete(huge)):
            with pytest.raises(InvalidRequest, match=r"context|the most"):
                await text(model, request)
    assert await text(model, ask()) == "abc"
    assert model.stats.deaths == 0


async def test_a_million_characters_to_embed(tmp_path, backend):
    model = backend(reads_text(tmp_path / "reads.gguf"))
    for huge in ("a" * MILLION, "a " * (MILLION // 2)):
        with pytest.raises(InvalidRequest, match="the most"):
            await model.embed(EmbedRequest((huge,)))
    assert len((await model.embed(EmbedRequest(("a",)))).vectors) == 1
    assert model.stats.deaths == 0


@pytest.mark.parametrize("token", [-1, 259, 2**31 - 1, -(2**31), 2**31, 2**63])
async def test_tokens_that_are_none(says, counts, backend, token):
    writes, reads = backend(says("abc")), backend(counts)
    with pytest.raises(InvalidRequest, match=r"prompt\[1\]: -?\d+ is no token: there are 259"):
        await text(writes, complete((65, token)))
    with pytest.raises(InvalidRequest, match=r"input\[0\]: -?\d+ is no token"):
        await reads.embed(EmbedRequest(((65, token),)))
    assert await text(writes, ask(logit_bias=((token, 5.0),))) == "abc"
    assert len((await reads.embed(EmbedRequest(((65,),)))).vectors) == 1
    assert (writes.stats.deaths, reads.stats.deaths) == (0, 0)


BIASES = [float("inf"), float("-inf"), float("nan"), 1e38, -1e38]


@pytest.mark.parametrize("amount", BIASES)
async def test_biases_of_no_size(says, backend, amount):
    """An answer, or an error: not the end of the worker."""
    model = backend(says("abc"))
    for temperature in (0.0, 1.0):
        try:
            await text(
                model, ask(logit_bias=((97, amount),), temperature=temperature, max_tokens=9)
            )
        except InferenceError as error:
            assert error.message  # noqa: PT017 (either is right)
    assert await text(model, ask()) == "abc"
    assert model.stats.deaths == 0


EXPLODING = {
    "repeats of repeats": {"type": "string", "pattern": "((a{0,999}){0,999}){0,999}"},
    "a million letters at least": {"type": "string", "minLength": MILLION},
    "a million items at least": {"type": "array", "minItems": MILLION, "items": {"type": "null"}},
    "many choices of many": {
        "allOf": [{"anyOf": [{"multipleOf": a * 97 + b} for a in range(40)]} for b in range(40)]
    },
    "itself": {"$ref": "#"},
    "a thousand deep": json.loads('{"not":' * 900 + "{}" + "}" * 900),
    "a large divisor": {"type": "integer", "multipleOf": 2**40 + 1},
    "thousands of names": {
        "type": "object", "properties": {f"name{n}": {"enum": [n]} for n in range(20_000)},
    },
}  # fmt: skip


@pytest.mark.parametrize("schema", EXPLODING.values(), ids=EXPLODING)
async def test_a_schema_that_explodes(says, backend, schema):
    """It is refused, or answered within a limit of tokens; in time, and others go on."""
    model = backend(says("abc", endless=True))
    request = ask(json_schema=json.dumps(schema), max_tokens=10)
    async with aclosing(model.generate(ask())) as other:
        while not (await anext(other)).text:
            pass
        asked = asyncio.create_task(text(model, request))
        assert await longest_gap(other, asked) < STALL
        assert isinstance(asked.exception(), InvalidRequest | None)
    assert await text(model, ask(max_tokens=3)) == "abc"
    assert model.stats.deaths == 0


NOTHING = [False, {"enum": []}, {"type": "integer", "minimum": 2, "maximum": 1}, {"not": {}}]


@pytest.mark.parametrize("schema", NOTHING)
async def test_a_schema_that_nothing_is_valid_under(says, backend, schema):
    model = backend(says("abc"))
    with pytest.raises(InvalidRequest, match="response_format: "):
        await text(model, ask(json_schema=json.dumps(schema), max_tokens=10))
    assert await text(model, ask()) == "abc"


LOOPS = (
    "{% if 'loop' in messages[0].content %}"
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    "{% endif %}{{ messages[0].content }}"
)


async def test_a_template_that_loops_for_one_request(says, backend):
    """That one fails after two seconds; who has begun does not notice."""
    model = backend(says("abc", endless=True, template=LOOPS), context=32_768)
    async with aclosing(model.generate(ask("\n"))) as other:
        while not (await anext(other)).text:
            pass
        began = time.monotonic()
        asked = asyncio.create_task(text(model, ask("loop")))
        assert await longest_gap(other, asked) < STALL
        with pytest.raises(InferenceError, match="template takes longer than 2 seconds"):
            await asked
        assert time.monotonic() - began < 4
    assert await text(model, ask("\n", max_tokens=3)) == "abc"


async def longest_gap(stream, until: asyncio.Task[str]) -> float:
    """The longest time between two chunks, in seconds, while another request is looked at."""
    longest, last = 0.0, time.monotonic()
    while not until.done():
        await anext(stream)
        now = time.monotonic()
        longest, last = max(longest, now - last), now
    return longest


def in_use(model: LlamaBackend) -> tuple[int, int]:
    return model.stats.running, model.stats.waiting


async def test_many_bad_requests_leave_nothing(says, backend):
    model = backend(says("abc"), context=256)
    bad = [ask("x" * 300), complete(()), complete(""), complete((999,)), ask(json_schema="{")]
    ends = await asyncio.gather(
        *(text(model, request) for request in bad * 100), return_exceptions=True
    )
    assert all(isinstance(end, InvalidRequest) for end in ends)
    assert in_use(model) == (0, 0)
    assert await text(model, ask()) == "abc"


async def test_text_that_is_no_unicode(says, counts, backend):
    model, reads = backend(says("abc")), backend(counts)
    half = "\ud83d"
    for request in (ask(half), complete(half), ask(stop=(half,))):
        with pytest.raises(InvalidRequest, match="a text is not valid Unicode"):
            await text(model, request)
    with pytest.raises(InvalidRequest, match="a text is not valid Unicode"):
        await reads.embed(EmbedRequest((half,)))
    assert (in_use(model), in_use(reads)) == ((0, 0), (0, 0))
    assert await text(model, ask("\N{SMILING FACE WITH SUNGLASSES}")) == "abc"


async def test_more_context_than_a_model_has_positions(tmp_path, backend):
    model = backend(reads_text(tmp_path / "reads.gguf"), context=4096)
    assert (await model.load()).context == 2048
    with pytest.raises(InvalidRequest, match="3002 tokens, and 2048 is the most"):
        await model.embed(EmbedRequest(("a " * 3000,)))
    assert len((await model.embed(EmbedRequest(("a " * 2000,)))).vectors) == 1


@pytest.mark.parametrize("context", [1, 100, 300])
async def test_a_context_that_is_no_round_number(says, backend, context):
    """llama.cpp rounds it up, but not the batch that is no larger."""
    model = backend(says("abc"), context=context)
    room = (await model.load()).context
    assert room % 256 == 0
    assert await text(model, complete("x" * (room - 6) + "\n")) == "abc"
