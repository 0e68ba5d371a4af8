"""The seam behind which models answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from azrun.inference.types import (
    BackendStats,
    Chunk,
    Embeddings,
    EmbedRequest,
    GenerateRequest,
    ModelInfo,
    RerankRequest,
    Scores,
)


class Backend(Protocol):
    """Something that answers model calls: a llama.cpp worker, a remote endpoint.

    All methods raise InferenceError: Unsupported where the model does not do what is asked,
    TooManyRequests where its queue is full. Cancelling a call stops the work within one decode
    step.
    """

    async def load(self) -> ModelInfo:
        """Make ready, if it is not; what was loaded."""

    def generate(self, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
        """Answer. The first chunk comes when the request is accepted, before its work begins;
        closing the generator cancels."""

    async def embed(self, request: EmbedRequest) -> Embeddings:
        """A vector for each input."""

    async def rerank(self, request: RerankRequest) -> Scores:
        """A score for each document."""

    async def unload(self) -> None:
        """Give the memory back, once nothing runs; the next request loads again."""

    async def close(self) -> None:
        """Give everything back; a second time does nothing."""

    @property
    def stats(self) -> BackendStats:
        """What it does now."""
