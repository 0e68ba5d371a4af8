"""Reranking and scoring: what a backend is asked, and the body of Azion's model page."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from azrun.ai.requests import RerankRequest, ScoreRequest
from azrun.ai.responses import new_id
from azrun.inference.backend import Backend
from azrun.inference.catalogue import CatalogueModel
from azrun.inference.types import Doubt, Scores, Usage
from azrun.inference.types import RerankRequest as Ranking


def documents(request: RerankRequest | ScoreRequest) -> tuple[str, ...]:
    return tuple(request.documents) if isinstance(request, RerankRequest) else request.right


async def rank(
    backend: Backend, request: RerankRequest | ScoreRequest, spec: CatalogueModel | None
) -> Scores:
    """One score for each document, in their order."""
    window = spec.context if spec else None
    if isinstance(request, RerankRequest):
        most = request.max_tokens_per_doc or 0
        cut = most if most > 0 else None
        return await backend.rerank(Ranking(request.query, documents(request), cut, window))
    if len(request.left) == 1:
        return await backend.rerank(Ranking(request.left[0], request.right, None, window))
    return await _rank_pairs(backend, request, window)


async def _rank_pairs(backend: Backend, request: ScoreRequest, window: int | None) -> Scores:
    """One after the other for each query: a thousand at once would fill the model's queue."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, query in enumerate(request.left):
        places[query].append(place)
    values, tokens = [0.0] * len(request.right), 0
    doubts: dict[Doubt, None] = {}
    for query, found in places.items():
        texts = tuple(request.right[place] for place in found)
        scores = await backend.rerank(Ranking(query, texts, None, window))
        tokens += scores.usage.prompt_tokens
        doubts |= dict.fromkeys(scores.doubts)
        for place, value in zip(found, scores.values, strict=True):
            values[place] = value
    return Scores(tuple(values), Usage(tokens, 0), tuple(doubts))


def rerank_body(id: str, request: RerankRequest | ScoreRequest, scores: Scores) -> dict[str, Any]:
    """The best first; `index` is a document's place in the request. Azion's page prints the
    same body for a score."""
    texts, values = documents(request), scores.values
    best = sorted(range(len(texts)), key=lambda index: -values[index])
    top = request.top_n if isinstance(request, RerankRequest) else None
    shown = best[:top] if top and top > 0 else best
    return {
        "id": new_id("rerank"),
        "model": id,
        "usage": {"total_tokens": scores.usage.prompt_tokens},
        "results": [
            {"index": index, "document": {"text": texts[index]}, "relevance_score": values[index]}
            for index in shown
        ],
    }
