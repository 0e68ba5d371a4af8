"""Requests to check, and what the check says."""

from __future__ import annotations

from typing import Any

import pytest

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
