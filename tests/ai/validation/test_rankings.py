from __future__ import annotations

from typing import Any

import pytest

from azrun.ai.requests import EmbeddingRequest, RerankRequest, ScoreRequest

from .checking import (
    EMBEDDING,
    RERANK,
    accepted,
    refused,
)


@pytest.mark.parametrize(
    "input_", ["a", ["a", "b"], [1, 2], [[1, 2], [3]], ["a", 1, [2]]]
)  # fmt: skip
def test_embedding_inputs(input_: Any):
    request = accepted({"input": input_, "dimensions": 256, "encoding_format": "base64"}, EMBEDDING)
    assert isinstance(request, EmbeddingRequest)
    assert request.dimensions == 256


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({}, "input: is required"),
        ({"input": 3}, "input: must be a string or an array, got 3"),
        ({"input": []}, "input: must not be empty"),
        ({"input": ["a", []]}, "input[1]: must not be empty"),
        ({"input": ["a"] * 2049}, "input: holds 2049 inputs, 2048 is the most"),
        ({"input": [1, -1]}, "input[1]: must be a token id, got -1"),
        ({"input": [1, 2**31]}, "input[1]: must be a token id, got 2147483648"),
        (
            {"input": ["\ud800"]},
            "input[0]: is not Unicode: it holds half of a surrogate pair",
        ),
        (
            {"input": ["a", {}]},
            "input[1]: must be a string, an integer or an array of integers, got {}",
        ),
        (
            {"input": "a", "dimensions": 100},
            "dimensions: must be one of 256, 512, 1024, 2048, 4096, got 100",
        ),
        (
            {"input": "a", "encoding_format": "int8"},
            "encoding_format: must be 'float' or 'base64', got \"int8\"",
        ),
    ],
)
def test_embedding_requests_that_are_wrong(request_: dict[str, Any], problem: str):
    assert refused(request_, EMBEDDING) == problem


def test_rerank_and_score():
    rerank = accepted({"query": "q", "documents": ["a"], "top_n": 1}, RERANK)
    assert isinstance(rerank, RerankRequest)
    score = accepted({"text_1": "q", "text_2": ["a"]}, RERANK)
    assert isinstance(score, ScoreRequest)
    assert refused({}, RERANK) == "query: is required; documents: is required"
    assert refused({"text_1": "q"}, RERANK) == "text_2: is required"
    wrong = {"query": "q", "documents": ["a", 1]}
    assert refused(wrong, RERANK) == "documents[1]: must be a string, got 1"


@pytest.mark.parametrize(
    ("request_", "problem"),
    [
        ({"query": "q", "documents": []}, "documents: must not be empty"),
        (
            {"query": "q", "documents": ["a"] * 1001},
            "documents: holds 1001 documents, 1000 is the most",
        ),
        ({"query": "q", "documents": ["a"], "top_n": "x"}, 'top_n: must be an integer, got "x"'),
        ({"text_1": "q", "text_2": []}, "text_2: must not be empty"),
        ({"text_1": [], "text_2": ["a"]}, "text_1: must not be empty"),
        (
            {"text_1": "q", "text_2": ["a"] * 1001},
            "text_2: holds 1001 texts, 1000 is the most",
        ),
        (
            {"text_1": ["q", "r"], "text_2": ["a", "b", "c"]},
            "text_1: holds 2 texts and text_2 3: give one text_1, or as many of both",
        ),
        ({"text_1": 3, "text_2": "a"}, "text_1: must be a string or an array of strings, got 3"),
    ],
)
def test_rankings_that_are_wrong(request_: dict[str, Any], problem: str):
    assert refused(request_, RERANK) == problem
