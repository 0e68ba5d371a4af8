from __future__ import annotations

import base64
import re
import struct
from collections.abc import Callable
from typing import Any

import pytest

from azrun.inference.types import EmbedRequest

pytestmark = pytest.mark.anyio

Script = Callable[..., Any]


async def test_the_body_of_azions_page(script: Script):
    calls = script()
    body = await calls.run({"input": ["abc", "a"]})
    assert re.fullmatch("embd-[0-9a-f]{32}", body.pop("id"))
    assert body.pop("created") > 1_700_000_000
    vectors = [one.pop("embedding") for one in body["data"]]
    assert vectors == [[3, pytest.approx(0.1)], [1, pytest.approx(0.1)]]
    assert body == {
        "object": "list",
        "model": "mine",
        "data": [{"index": 0, "object": "embedding"}, {"index": 1, "object": "embedding"}],
        "usage": {
            "prompt_tokens": 11,
            "total_tokens": 11,
            "completion_tokens": 0,
            "prompt_tokens_details": None,
        },
    }
    [use] = calls.uses
    assert (use.asked, use.prompt_tokens, use.completion_tokens) == ("mine", 11, 0)
    assert use.seconds > 0


async def test_base64_is_little_endian_floats(script: Script):
    body = await script().run({"input": "abc", "encoding_format": "base64"})
    packed = base64.b64decode(body["data"][0]["embedding"])
    assert packed == struct.pack("<2f", 3, 0.1)


@pytest.mark.parametrize(
    ("input_", "passed"),
    [
        ("a", ("a",)),
        ("", ("",)),
        (["a", "b"], ("a", "b")),
        ([1, 2.0], ((1, 2),)),
        ([[1, 2], [3]], ((1, 2), (3,))),
        (["a", 1, [2]], ("a", (1,), (2,))),
    ],
)
async def test_texts_and_tokens(script: Script, input_: Any, passed: Any):
    calls = script()
    await calls.run({"input": input_, "dimensions": 2})
    assert calls.backend.all == [EmbedRequest(passed, 2, None)]
