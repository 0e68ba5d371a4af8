from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from azrun.inference.types import RerankRequest

pytestmark = pytest.mark.anyio

Script = Callable[..., Any]
DOCUMENTS = ["a 0.2", "b 0.9", "c 0.2"]


def results(*places: int, documents: list[str] | None = None) -> list[dict[str, Any]]:
    texts = documents or DOCUMENTS
    return [
        {
            "index": place,
            "document": {"text": texts[place]},
            "relevance_score": float(texts[place].rpartition(" ")[2]),
        }
        for place in places
    ]


async def test_the_body_of_azions_page(script: Script):
    calls = script()
    body = await calls.run({"query": "q", "documents": DOCUMENTS})
    assert re.fullmatch("rerank-[0-9a-f]{32}", body.pop("id"))
    assert body == {"model": "mine", "usage": {"total_tokens": 30}, "results": results(1, 0, 2)}
    assert calls.uses[0].prompt_tokens == 30


@pytest.mark.parametrize(("top", "count"), [(1, 1), (2, 2), (9, 3), (0, 3), (-1, 3), (None, 3)])
async def test_the_best_only(script: Script, top: int | None, count: int):
    body = await script().run({"query": "q", "documents": DOCUMENTS, "top_n": top})
    assert body["results"] == results(1, 0, 2)[:count]


@pytest.mark.parametrize(("given", "passed"), [(7, 7), (0, None), (None, None)])
async def test_documents_are_cut(script: Script, given: int | None, passed: int | None):
    calls = script()
    await calls.run({"query": "q", "documents": ["0"], "max_tokens_per_doc": given})
    assert calls.backend.all == [RerankRequest("q", ("0",), passed)]


@pytest.mark.parametrize("text_1", ["q", ["q"]])
async def test_a_score_is_answered_as_a_reranking(script: Script, text_1: Any):
    calls = script()
    body = await calls.run({"text_1": text_1, "text_2": DOCUMENTS})
    assert body["results"] == results(1, 0, 2)
    assert calls.backend.all == [RerankRequest("q", tuple(DOCUMENTS))]


async def test_a_score_of_one_pair(script: Script):
    body = await script().run({"text_1": "q", "text_2": "a 0.5"})
    assert body["results"] == results(0, documents=["a 0.5"])


async def test_a_score_of_pairs(script: Script):
    calls = script()
    body = await calls.run({"text_1": ["q", "r", "q"], "text_2": DOCUMENTS})
    assert body["results"] == results(1, 0, 2)
    assert body["usage"] == {"total_tokens": 30}
    assert [(one.query, one.documents) for one in calls.backend.all] == [
        ("q", ("a 0.2", "c 0.2")), ("r", ("b 0.9",)),
    ]  # fmt: skip
