from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from itertools import chain, repeat

import numpy as np
import pytest
from PIL import Image

from azrun.inference.embedded import stand_ins
from azrun.inference.local import LlamaBackend
from azrun.inference.types import (
    GenerateRequest,
    ImagePart,
    Kind,
    Message,
    ModelSettings,
    TextPart,
)
from azrun.inference.worker.engine.context import Shape
from azrun.inference.worker.engine.repetition import LEAST, LONGEST, TIMES, Repetition
from azrun.inference.worker.logs import Logs
from azrun.inference.worker.model import Model

from .conftest import Engine

MOST = 512


def length(tokens: Iterator[int] | list[int]) -> int | None:
    """How many of these an answer has when it is ended; None where it is not."""
    repetition = Repetition()
    return next((n for n, one in enumerate(tokens, 1) if repetition.endless(one)), None)


@pytest.mark.parametrize(
    ("period", "ends"), [(1, LEAST), (7, LEAST), (8, LEAST), (20, 20 * TIMES), (LONGEST, 768)]
)
def test_the_same_again_and_again(period: int, ends: int):
    assert length(chain(range(100, 130), *repeat(range(period), 200))) == 30 + ends


def test_what_repeats_itself_within_the_same():
    said = [1, 1, 2] * 3 + [5]
    assert length(chain(*repeat(said, 40))) == len(said) * TIMES


@pytest.mark.parametrize(
    "text",
    [
        "-" * 80,
        "1" + "0" * 90,
        "TOTAL 1000000.00 EUR, Rua da Paz 1, Lisboa ...48\n" * 8,
        f"<table>{('<tr>' + '<td>0</td>' * 4 + '</tr>') * 8}</table>",
        "".join(f"{number}. the same\n" for number in range(100)),
        "na " * 30 + "Batman! " + "na " * 30,
        "".join(random.Random(0).choices("ab", k=2000)),
    ],
)
def test_what_a_page_may_say(text: str):
    assert length(list(text.encode())) is None


def test_a_break_begins_anew():
    once = [7] * (LEAST - 1)
    assert length([*once, 8] * 5) is None


@pytest.fixture
def stand_in() -> Iterator[Engine]:
    """The embedded chat model."""
    model = Model(stand_ins()[Kind.CHAT].settings.gguf, Logs())
    one = Engine(model, Shape(4096, 4, batch=256, outputs=4, threads=1))
    yield one
    one.context.close()
    model.close()


ODD = (
    *("a" * 40, "no " * 300, "ha" * 300, "0" * 600, "\n" * 150, "lorem ipsum " * 60, "? " * 400),
    *("", " ", "{}", "<tool_call>", "\x00\x01", "SELECT * FROM x;", "def f(x):\n  return x"),
    *("\u4f60\u597d", "\u0928\u092e\u0938\u094d\u0924\u0947 " * 40, "\U0001f3f3\ufe0f\u200d" * 20),
    "".join(map(chr, range(0x10D0, 0x10F0))),
    " ".join(map(str, range(60))),
)  # fmt: skip


def test_a_stand_in_does_not_go_on_without_end(stand_in: Engine):
    ids = [stand_in.put(text, max_tokens=MOST) for text in ODD]
    stand_in.run()
    assert {stand_in.finish(id) for id in ids} == {"stop"}
    assert max(map(stand_in.made, ids)) < MOST * 3 // 4


def test_one_token_again_and_again(stand_in: Engine):
    forced = stand_in.put("hi", max_tokens=MOST, logit_bias=((64, 100.0),))
    stand_in.run()
    assert (stand_in.finish(forced), stand_in.made(forced)) == ("stop", LEAST)


def test_json_that_is_cut_is_not_whole(stand_in: Engine):
    schema = '{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}'
    cut = stand_in.put("hi", max_tokens=MOST, json_schema=schema, logit_bias=((64, 100.0),))
    stand_in.run()
    assert stand_in.finish(cut) == "length"
    assert LEAST <= stand_in.made(cut) < MOST


def test_words_beside_tools_are_whole(stand_in: Engine):
    tools = ({"type": "function", "function": {"name": "f"}},)
    forced = stand_in.put("hi", max_tokens=MOST, tools=tools, logit_bias=((64, 100.0),))
    stand_in.run()
    assert (stand_in.finish(forced), stand_in.made(forced)) == ("stop", LEAST)


def test_other_models_may(engine: Callable[..., Engine]):
    one = engine(slots=1)
    forced = one.put("hi", max_tokens=200, logit_bias=((64, 100.0),))
    one.run()
    assert (one.finish(forced), one.made(forced)) == ("length", 200)


@pytest.mark.anyio
@pytest.mark.parametrize("ink", ["black", "white", "stripes", "noise"])
async def test_an_image_that_is_no_text(
    tiny_ocr: ModelSettings, backend: Callable[..., LlamaBackend], ink: str
):
    parts = (ImagePart("it"), TextPart("read"))
    request = GenerateRequest((Message("user", parts),), images=(_png(ink),), max_tokens=MOST)
    eye = backend(tiny_ocr.gguf, mmproj=tiny_ocr.mmproj)
    assert [one async for one in eye.generate(request)][-1].finish_reason == "stop"


def _png(ink: str) -> bytes:
    pixels = np.full((120, 400), 255, np.uint8)
    if ink == "black":
        pixels[:] = 0
    if ink == "stripes":
        pixels[:, ::8] = 0
    if ink == "noise":
        pixels = np.random.default_rng(0).integers(0, 256, pixels.shape, np.uint8)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()
