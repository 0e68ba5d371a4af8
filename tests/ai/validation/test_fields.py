from __future__ import annotations

from typing import Any

import pytest

from azrun.ai.requests import ChatRequest, EmbeddingRequest, RerankRequest, ScoreRequest

from .checking import (
    EMBEDDING,
    OCR,
    PLAIN,
    TEXT,
    TOOL,
    USER,
    VL,
    accepted,
    chat,
    refused,
    says,
)


def test_defaults():
    request = accepted(chat())
    assert isinstance(request, ChatRequest)
    assert (request.n, request.stream, request.stop) == (1, False, None)
    assert (request.temperature, request.top_p, request.max_tokens) == (None, None, None)
    assert (request.presence_penalty, request.frequency_penalty) == (0, 0)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("temperature", 0),
        ("temperature", 2),
        ("temperature", 0.7),
        ("top_p", 0),
        ("top_p", 1),
        ("n", 1),
        ("n", 5.0),
        ("stream", True),
        ("max_tokens", 1),
        ("max_completion_tokens", 7),
        ("presence_penalty", -2),
        ("frequency_penalty", 2),
        ("seed", 42),
        ("seed", -1),
        ("stop", "a"),
        ("stop", ["a", "b"]),
        ("n", 128),
        ("logprobs", True),
        ("logit_bias", {"0": -100, "151935": 100}),
        ("min_p", 0.05),
        ("top_k", -1),
        ("top_k", 40),
        ("repeat_penalty", 1.1),
        ("repetition_penalty", 1.1),
        ("tool_choice", "none"),
        ("tool_choice", "auto"),
        ("parallel_tool_calls", False),
    ],
)
def test_values_in_range(field: str, value: Any):
    assert getattr(accepted(chat(**{field: value})), field) == value


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("temperature", 3, "must be between 0 and 2, got 3"),
        ("temperature", -0.1, "must be between 0 and 2, got -0.1"),
        ("temperature", float("nan"), "must be between 0 and 2, got NaN"),
        ("temperature", "0.5", 'must be a number, got "0.5"'),
        ("temperature", True, "must be a number, got true"),
        ("top_p", 1.1, "must be between 0 and 1, got 1.1"),
        ("n", 0, "must be at least 1, got 0"),
        ("n", 1.5, "must be an integer, got 1.5"),
        ("n", True, "must be an integer, got true"),
        ("stream", "yes", 'must be true or false, got "yes"'),
        ("stream", 1, "must be true or false, got 1"),
        ("max_tokens", 0, "must be at least 1, got 0"),
        ("max_tokens", "9", 'must be an integer, got "9"'),
        ("max_completion_tokens", -1, "must be at least 1, got -1"),
        ("presence_penalty", 2.1, "must be between -2 and 2, got 2.1"),
        ("frequency_penalty", -3, "must be between -2 and 2, got -3"),
        ("n", 129, "must be between 1 and 128, got 129"),
        ("seed", "x", 'must be an integer, got "x"'),
        (
            "seed",
            2**63,
            "must be between -9223372036854775808 and 9223372036854775807, got 9223372036854775808",
        ),
        ("logprobs", 3, "must be true or false, got 3"),
        ("top_logprobs", 21, "must be between 0 and 20, got 21"),
        ("top_logprobs", 2, "needs logprobs to be true"),
        ("min_p", 1.5, "must be between 0 and 1, got 1.5"),
        ("top_k", -2, "must be at least -1, got -2"),
        ("top_k", 0.5, "must be an integer, got 0.5"),
        ("repeat_penalty", 0, "must be between 0.01 and 2, got 0"),
        ("repetition_penalty", 3, "must be between 0.01 and 2, got 3"),
        ("logit_bias", [1], "must be an object, got [1]"),
        ("parallel_tool_calls", 1, "must be true or false, got 1"),
        (
            "tool_choice",
            3,
            "must be none, auto, required or an object that names a function, got 3",
        ),
        ("tool_choice", "always", "must be 'none', 'auto' or 'required', got \"always\""),
        ("tool_choice", "required", "needs tools to choose from"),
        ("response_format", "json", 'must be an object, got "json"'),
        ("stop", 3, "must be a string or an array of strings, got 3"),
        ("stop", [], "must not be empty"),
        ("stop", ["a", ""], "must not be empty"),
        ("stream_options", 1, "must be an object, got 1"),
        ("messages", "hi", 'must be an array, got "hi"'),
        ("messages", [], "must not be empty"),
    ],
)
def test_values_out_of_range(field: str, value: Any, message: str):
    assert refused(chat(**{field: value})) == f"{field}: {message}"


@pytest.mark.parametrize(
    "field",
    ["temperature", "top_p", "n", "stream", "max_tokens", "max_completion_tokens", "seed", "stop",
     "presence_penalty", "frequency_penalty", "tools", "stream_options", "logprobs",
     "top_logprobs", "logit_bias", "response_format", "min_p", "top_k", "repeat_penalty",
     "repetition_penalty", "tool_choice", "parallel_tool_calls"],
)  # fmt: skip
def test_a_null_is_an_absent_key(field: str):
    assert accepted(chat(**{field: None})) == accepted(chat())


def test_unknown_keys_are_accepted():
    assert accepted(chat(model="x", store=True, user="me")) == accepted(chat())
    assert accepted(says({**USER, "name": "x"})) == accepted(chat())


@pytest.mark.parametrize("request_", [None, [], "hi", 3])
def test_no_object(request_: Any):
    assert refused(request_).startswith("the request must be an object, got ")


@pytest.mark.parametrize("id", [VL, TEXT, OCR, PLAIN])
def test_no_messages(id: str):
    assert refused({}, id) == "messages: is required"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"logit_bias": {"x": 1}}, 'logit_bias.x: must be a token id, got "x"'),
        ({"logit_bias": {"-1": 1}}, 'logit_bias.-1: must be a token id, got "-1"'),
        ({"logit_bias": {"9" * 5000: 1}}, f"logit_bias.{'9' * 60}...: must be a token id"),
        ({"logit_bias": {"5": 101}}, "logit_bias.5: must be between -100 and 100, got 101"),
        ({"tool_choice": {"type": "function"}}, "tool_choice.function: is required"),
        (
            {"tool_choice": {"type": "custom", "function": {"name": "f"}}},
            "tool_choice.type: must be 'function', got \"custom\"",
        ),
        (
            {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}},
            "tool_choice.function.name: must be one of tools (f), got 'g'",
        ),
        (
            {"tool_choice": {"type": "function", "function": {"name": "g"}}},
            "tool_choice.function.name: needs tools, got 'g'",
        ),
        ({"response_format": {}}, "response_format.type: is required"),
        (
            {"response_format": {"type": "xml"}},
            'response_format.type: must be text, json_object or json_schema, got "xml"',
        ),
        (
            {"response_format": {"type": "json_schema"}},
            "response_format.json_schema: is required",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": "x"}},
            'response_format.json_schema: must be an object, got "x"',
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"name": "x"}}},
            "response_format.json_schema.schema: is required",
        ),
        (
            {"response_format": {"type": "json_schema", "json_schema": {"schema": []}}},
            "response_format.json_schema.schema: must be an object, got []",
        ),
        (
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"schema": {"const": float("nan")}},
                }
            },
            "response_format: is not JSON: Out of range float values",
        ),
    ],
)
def test_extensions_that_are_wrong(fields: dict[str, Any], problem: str):
    assert refused(chat(**fields)).startswith(problem)


def test_the_first_three_problems():
    request = chat(temperature=3, top_p=3, n=0, seed="x")
    assert refused(request).count("; ") == 2


def test_as_many_tokens_as_a_context_has():
    assert accepted({"input": list(range(30_000))}, EMBEDDING)


@pytest.mark.parametrize(
    ("request_", "shape"),
    [
        (chat(tools=[TOOL]), ChatRequest),
        ({"input": "a", "dimensions": 100}, EmbeddingRequest),
        ({"query": "q", "documents": ["a"]}, RerankRequest),
        ({"text_1": "q", "text_2": ["a"]}, ScoreRequest),
    ],
)
def test_a_model_of_the_users_own_is_told_by_the_keys(request_: dict[str, Any], shape: type):
    assert isinstance(accepted(request_, "mine"), shape)
    assert refused({}, "mine") == "messages: is required"
