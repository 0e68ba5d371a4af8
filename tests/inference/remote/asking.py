"""A question to an endpoint, and its whole answer."""

from __future__ import annotations

from contextlib import aclosing

from azrun.inference.remote import RemoteBackend
from azrun.inference.types import (
    Chunk,
    GenerateRequest,
    Message,
)

CHAT = "/v1/chat/completions"
HI = GenerateRequest(messages=(Message("user", "hi"),))
USAGE = {
    "choices": [],
    "usage": {
        "prompt_tokens": 7,
        "completion_tokens": 3,
        "prompt_tokens_details": {"cached_tokens": 5},
    },
}


async def answer(backend: RemoteBackend, request: GenerateRequest = HI) -> list[Chunk]:
    async with aclosing(backend.generate(request)) as chunks:
        return [chunk async for chunk in chunks]
