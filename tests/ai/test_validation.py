from __future__ import annotations

from typing import Any

import pytest

from azrun.ai.requests import (
    ChatRequest,
    EmbeddingRequest,
    RerankRequest,
    ScoreRequest,
)
from azrun.ai.validation import parse
from azrun.inference.catalogue import BY_ID
from azrun.inference.errors import InvalidRequest

VL, OCR = "qwen-qwen25-vl-3b-instruct-awq", "nanonets/Nanonets-OCR-s"
TEXT, PLAIN = "casperhansen-mistral-small-24b-instruct-2501-awq", "gpt-oss-20b"
EMBEDDING, RERANK = "Qwen/Qwen3-Embedding-4B", "BAAI/bge-reranker-v2-m3"
USER = {"role": "user", "content": "hi"}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "f"}}


def chat(**fields: Any) -> dict[str, Any]:
    return {"messages": [USER], **fields}


def says(message: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [message]}


def refused(request: Any, id: str = VL) -> str:
    with pytest.raises(InvalidRequest) as no:
        parse(id, BY_ID.get(id), request)
    return no.value.message.removeprefix("validation error: ")


def accepted(request: dict[str, Any], id: str = VL) -> Any:
    return parse(id, BY_ID.get(id), request)


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
    ("message", "problem"),
    [
        (3, "messages[0]: must be an object, got 3"),
        ({"content": "x"}, "messages[0].role: is required"),
        (
            {"role": "developer", "content": "x"},
            'messages[0].role: must be system, user, assistant or tool, got "developer"',
        ),
        ({"role": "system"}, "messages[0].content: is required"),
        ({"role": "user"}, "messages[0].content: is required"),
        (
            {"role": "user", "content": None},
            "messages[0].content: must be a string or an array of content parts, got null",
        ),
        (
            {"role": "system", "content": {"type": "text"}},
            'messages[0].content: must be a string or an array of text parts, got {"type": "text"}',
        ),
        (
            {"role": "user", "content": ["x"]},
            'messages[0].content[0]: must be an object, got "x"',
        ),
        (
            {"role": "user", "content": [{"type": "input_audio"}]},
            'messages[0].content[0].type: must be text or image_url, got "input_audio"',
        ),
        (
            {"role": "user", "content": [{"text": "x"}]},
            "messages[0].content[0].type: is required",
        ),
        (
            {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text"}]},
            "messages[0].content[1].text: is required",
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": "https://x"}]},
            'messages[0].content[0].image_url: must be an object, got "https://x"',
        ),
        (
            {"role": "user", "content": [{"type": "image_url", "image_url": {}}]},
            "messages[0].content[0].image_url.url: is required",
        ),
        (
            {"role": "assistant"},
            "messages[0].content: is required where there are no tool_calls",
        ),
        (
            {"role": "assistant", "content": None, "tool_calls": []},
            "messages[0].content: is required where there are no tool_calls",
        ),
        (
            {"role": "assistant", "tool_calls": [{**CALL, "function": {"name": "f"}}]},
            "messages[0].tool_calls[0].function.arguments: is required",
        ),
        (
            {"role": "assistant", "tool_calls": [{**CALL, "type": "x"}]},
            "messages[0].tool_calls[0].type: must be 'function', got \"x\"",
        ),
        ({"role": "tool", "content": "x"}, "messages[0].tool_call_id: is required"),
        (
            {"role": "user", "content": "\ud800"},
            "messages[0].content: is not Unicode: it holds half of a surrogate pair",
        ),
    ],
)
def test_messages_that_are_wrong(message: Any, problem: str):
    assert refused(says(message)).startswith(problem)


@pytest.mark.parametrize(
    "message",
    [
        {"role": "system", "content": "be"},
        {"role": "system", "content": [{"type": "text", "text": "be"}]},
        {"role": "user", "content": [{"type": "text", "text": "what is"}, IMAGE]},
        {"role": "user", "content": ""},
        {"role": "assistant", "content": "x", "tool_calls": [], "reasoning_content": None},
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "content": "x", "tool_call_id": "1"},
    ],
)
def test_messages_that_are_right(message: dict[str, Any]):
    assert accepted(says(message)).messages[0].role == message["role"]


@pytest.mark.parametrize(
    ("tool", "problem"),
    [
        ({"type": "function"}, "tools[0].function: is required"),
        ({"type": "function", "function": {}}, "tools[0].function.name: is required"),
        ({**TOOL, "type": "retrieval"}, "tools[0].type: must be 'function', got \"retrieval\""),
        (
            {"type": "function", "function": {"name": "f", "parameters": "x"}},
            'tools[0].function.parameters: must be an object, got "x"',
        ),
    ],
)
def test_tools_that_are_wrong(tool: dict[str, Any], problem: str):
    assert refused(chat(tools=[tool])) == problem


@pytest.mark.parametrize(
    ("inside", "problem"),
    [
        ("\ud800", "a text is not Unicode"),
        (float("inf"), "is not JSON: Out of range float values"),
        (b"x", "is not JSON: Object of type bytes"),
    ],
)
def test_tools_that_are_no_json(inside: Any, problem: str):
    tool = {**TOOL, "function": {"name": "f", "parameters": {"x": inside}}}
    assert refused(chat(tools=[tool])).startswith(f"tools: {problem}")


def test_tools_that_are_too_deep():
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    tool = {**TOOL, "function": {"name": "f", "parameters": {"x": deep}}}
    assert refused(chat(tools=[tool])) == "tools: nested more than 64 deep"


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


def test_too_many_tools():
    assert refused(chat(tools=[TOOL] * 129)) == "tools: holds 129 tools, 128 is the most"


def test_a_tool_needs_a_name():
    tool = {"type": "function", "function": {"name": ""}}
    assert refused(chat(tools=[tool])) == "tools[0].function.name: must not be empty"


def test_the_first_three_problems():
    request = chat(temperature=3, top_p=3, n=0, seed="x")
    assert refused(request).count("; ") == 2


@pytest.mark.parametrize("id", [name for name, spec in BY_ID.items() if spec.tools])
def test_tools_where_they_are_documented(id: str):
    assert accepted(chat(tools=[TOOL]), id).tools


@pytest.mark.parametrize("id", [OCR, "opengvlab-internvl3-1b-instruct"])
def test_tools_where_they_are_not(id: str):
    assert refused(chat(tools=[TOOL]), id) == f"tools: {id} takes no tools"
    assert accepted(chat(tools=[]), id)
    answer = {"role": "tool", "content": "x", "tool_call_id": "1"}
    assert refused(says(answer), id).startswith("messages[0].role: ")
    call = {"role": "assistant", "tool_calls": [CALL]}
    assert refused(says(call), id).startswith("messages[0].tool_calls: ")


def test_images_on_a_text_model():
    message = {"role": "user", "content": [{"type": "text", "text": "a"}, IMAGE]}
    assert refused(says(message), TEXT) == f"messages[0].content[1]: {TEXT} takes no images"


def test_gpt_oss_takes_strings_only():
    message = {"role": "user", "content": [{"type": "text", "text": "a"}]}
    problem = "messages[0].content: must be a string for gpt-oss-20b, got an array"
    assert refused(says(message), PLAIN) == problem
    assert accepted(says(message), TEXT)


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
