"""Embeddings and scores, from a server's answers."""

from __future__ import annotations

import base64
import binascii
import math
import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from azrun.inference.errors import InferenceError
from azrun.inference.remote.shapes import Ranking, Scoring, Tokens, Vectors
from azrun.inference.types import Embeddings, EmbedRequest, RerankRequest, Scores, Usage

T = TypeVar("T")


def embed_body(model: str, request: EmbedRequest) -> dict[str, Any]:
    """For `/embeddings`. `dimensions` stay here: servers that do not know them refuse them, and
    cutting a vector ourselves comes to the same."""
    inputs = [list(one) if isinstance(one, tuple) else one for one in request.inputs]
    return {"model": model, "input": inputs, "encoding_format": "base64"}


def embeddings(url: str, request: EmbedRequest, answer: Vectors) -> Embeddings:
    pairs = ((one.index, one.embedding) for one in answer.data)
    found = _in_order(url, pairs, len(request.inputs))
    return Embeddings(tuple(_unit(url, one) for one in found), _usage(answer.usage))


def rank_body(model: str, request: RerankRequest) -> dict[str, Any]:
    """For `/rerank`."""
    body = {
        "model": model,
        "query": request.query,
        "documents": list(request.documents),
        "top_n": len(request.documents),
    }
    cut = request.max_tokens_per_document
    return body if cut is None else body | {"max_tokens_per_doc": cut}


def score_body(model: str, request: RerankRequest) -> dict[str, Any]:
    """For vLLM's `/score`."""
    return {"model": model, "text_1": request.query, "text_2": list(request.documents)}


def ranking(url: str, request: RerankRequest, answer: Ranking) -> Scores:
    pairs = ((one.index, one.relevance_score) for one in answer.results)
    return Scores(_in_order(url, pairs, len(request.documents)), _usage(answer.usage))


def scoring(url: str, request: RerankRequest, answer: Scoring) -> Scores:
    pairs = ((one.index, one.score) for one in answer.data)
    return Scores(_in_order(url, pairs, len(request.documents)), _usage(answer.usage))


def squashed(values: Sequence[float]) -> tuple[float, ...]:
    """Logits as scores between 0 and 1."""
    return tuple(0.5 * (1 + math.tanh(value / 2)) for value in values)


def _in_order(url: str, pairs: Iterable[tuple[int, T]], count: int) -> tuple[T, ...]:
    found = dict(pairs)
    if sorted(found) != list(range(count)):
        raise InferenceError(f"{url} answered for {len(found)} of {count} texts, or for others")
    return tuple(found[index] for index in range(count))


def _unit(url: str, given: list[float] | str) -> array[float]:
    """Of length 1, as 32-bit floats."""
    numbers = given if isinstance(given, list) else _unpacked(url, given)
    length = math.hypot(*numbers)
    if not length or not math.isfinite(length):
        raise InferenceError(f"{url} answered with a vector that has no direction")
    return array("f", [number / length for number in numbers])


def _unpacked(url: str, given: str) -> array[float]:
    numbers = array("f")
    try:
        numbers.frombytes(base64.b64decode(given, validate=True))
    except (binascii.Error, ValueError) as error:
        raise InferenceError(f"{url} answered with a vector that cannot be read") from error
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _usage(given: Tokens | None) -> Usage:
    return Usage(0, 0) if given is None else Usage(given.prompt_tokens or given.total_tokens, 0)
