"""One generation under way: whole, or as a stream of bodies."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Awaitable, Sequence
from contextlib import aclosing
from typing import Any, Protocol

from azrun.ai.answers import Answer, Answers
from azrun.inference.registry import Model
from azrun.inference.types import Chunk, ModelUse, Usage


class Shape(Protocol):
    """The bodies of one kind of call."""

    def whole(self, answers: Sequence[Answer], usage: Usage) -> dict[str, Any]: ...

    def opening(self, index: int) -> dict[str, Any] | None:
        """Before the first piece of an answer, None where there is no such body."""

    def piece(self, chunk: Chunk) -> dict[str, Any]: ...

    def usage(self, usage: Usage) -> dict[str, Any]: ...


class Generation:
    """A model call that was begun, and its record."""

    def __init__(self, model: Model, chunks: AsyncGenerator[Chunk, None]) -> None:
        self._chunks = chunks
        self._began = time.perf_counter()
        self._use = ModelUse(model.id, model.answered, model.stand_in)
        self._advise = model.advise
        self.usage = Usage(0, 0)

    async def accepted(self) -> ModelUse:
        """The model has taken the request up; an error that it finds in the request is raised
        here, before a stream begins."""
        self._count(await anext(self._chunks))
        return self._use

    async def whole(self, shape: Shape) -> dict[str, Any]:
        answers = Answers()
        async with aclosing(self._chunks) as chunks:
            async for chunk in chunks:
                self._count(chunk)
                answers.add(chunk)
        return shape.whole(answers.in_order(), self.usage)

    async def bodies(self, shape: Shape, with_usage: bool) -> AsyncGenerator[dict[str, Any], None]:
        opened: set[int] = set()
        async with aclosing(self._chunks) as chunks:
            async for chunk in chunks:
                self._count(chunk)
                if not _says_something(chunk):
                    continue
                if chunk.index not in opened:
                    opened.add(chunk.index)
                    if (opening := shape.opening(chunk.index)) is not None:
                        yield opening
                yield shape.piece(chunk)
        if with_usage:
            yield shape.usage(self.usage)

    async def close(self) -> None:
        await self._chunks.aclose()

    def _count(self, chunk: Chunk) -> None:
        if chunk.doubts:
            self._advise(chunk.doubts)
        use, usage = self._use, chunk.usage
        self.usage = usage
        use.prompt_tokens, use.cached_tokens = usage.prompt_tokens, usage.cached_tokens
        use.completion_tokens = usage.completion_tokens
        use.seconds = time.perf_counter() - self._began
        if use.first_token_seconds is None and usage.completion_tokens:
            use.first_token_seconds = use.seconds


def _says_something(chunk: Chunk) -> bool:
    return bool(
        chunk.text or chunk.finish_reason or chunk.reasoning or chunk.tool_calls or chunk.logprobs
    )


class Stream:
    """The bodies of a streamed answer. Closing it stops the model, even before the first."""

    def __init__(self, generation: Generation, shape: Shape, with_usage: bool) -> None:
        self._generation = generation
        self._bodies = generation.bodies(shape, with_usage)

    def __aiter__(self) -> Stream:
        return self

    def __anext__(self) -> Awaitable[dict[str, Any]]:
        return self._bodies.__anext__()

    async def aclose(self) -> None:
        await self._bodies.aclose()
        await self._generation.close()
