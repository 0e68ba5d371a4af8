"""A model that answers by a script."""

from __future__ import annotations

from array import array
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

import pytest

from azrun.ai.run import Stream, complete, run
from azrun.inference.types import (
    Chunk,
    Embeddings,
    EmbedRequest,
    GenerateRequest,
    ModelUse,
    RerankRequest,
    Scores,
    Usage,
)

from ..scripted import Scripted, ScriptedModels, Step

USER = {"role": "user", "content": "hi"}


class Remembering(Scripted):
    """Remembers all that it was asked, in order, and how much of it goes on. A text's vector is
    its length and 0.1, a document's score its last word."""

    def __init__(self, *script: Step) -> None:
        super().__init__(*script)
        self.all: list[Any] = []
        self.open = 0

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
        self.all.append(request)
        self.open += 1
        try:
            async with aclosing(super().generate(request)) as chunks:
                async for chunk in chunks:
                    yield chunk
        finally:
            self.open -= 1

    async def embed(self, request: EmbedRequest) -> Embeddings:
        self.all.append(request)
        vectors = tuple(array("f", [len(one), 0.1]) for one in request.inputs)
        return Embeddings(vectors, Usage(11, 0))

    async def rerank(self, request: RerankRequest) -> Scores:
        self.all.append(request)
        values = tuple(float(text.rpartition(" ")[2]) for text in request.documents)
        return Scores(values, Usage(10 * len(values), 0))


async def no_images(url: str) -> bytes:
    raise AssertionError(url)


class Calls:
    """Calls of one scripted model."""

    def __init__(self, *script: Step) -> None:
        self.backend = Remembering(*script)
        self.uses: list[ModelUse] = []
        self._registry = ScriptedModels(mine=self.backend)

    async def run(self, request: Any) -> Any:
        return await run(self._registry, "mine", request, no_images, self.uses)

    async def complete(self, request: Any) -> Any:
        return await complete(self._registry, "mine", request, no_images, self.uses)

    async def chat(self, **fields: Any) -> dict[str, Any]:
        body = await self.run({"messages": [USER], **fields})
        assert isinstance(body, dict)
        return body

    async def stream(self, **fields: Any) -> list[dict[str, Any]]:
        stream = await self.run({"messages": [USER], "stream": True, **fields})
        assert isinstance(stream, Stream)
        return [body async for body in stream]


Script = Callable[..., Calls]


@pytest.fixture
def script() -> Script:
    """A model that answers with the given chunks."""
    return Calls
