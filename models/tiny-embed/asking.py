"""Ask a running azrun for vectors and scores."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import shared  # noqa: F401
from numpy.typing import NDArray
from training.client import ask

TOGETHER = 64
Vectors = NDArray[np.floating[Any]]
Embed = Callable[[list[str]], Vectors]


def embedder(url: str, model: str, dimensions: int | None = None) -> Embed:
    """What embeds texts, some together, by asking `url`."""
    extra = {"dimensions": dimensions} if dimensions else {}

    def embed(texts: list[str]) -> Vectors:
        found: list[list[float]] = []
        for at in range(0, len(texts), TOGETHER):
            body = {"model": model, "input": texts[at : at + TOGETHER], **extra}
            answer = ask(url, "embeddings", body)
            found += [item["embedding"] for item in answer["data"]]
        return np.array(found)

    return embed


def scores(url: str, model: str, query: str, documents: list[str]) -> list[float]:
    """A score for each document, in their order."""
    answer = ask(url, "rerank", {"model": model, "query": query, "documents": documents})
    by_index = {item["index"]: item["relevance_score"] for item in answer["results"]}
    return [by_index[index] for index in range(len(documents))]


def unit(vectors: Vectors) -> Vectors:
    lengths: Vectors = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / lengths
