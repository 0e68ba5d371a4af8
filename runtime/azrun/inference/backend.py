"""The seam behind which models answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from azrun.inference.types import Chunk, GenerateRequest, ModelInfo


class Backend(Protocol):
    """Something that answers model calls: a llama.cpp worker, a remote endpoint.

    All methods raise InferenceError.
    """

    async def load(self) -> ModelInfo:
        """Make ready, if it is not; what was loaded."""

    def generate(self, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
        """Answer. The first chunk comes when the request is accepted, before its work begins;
        closing the generator stops the work within one decode step."""

    async def close(self) -> None:
        """Give everything back; a second time does nothing."""
