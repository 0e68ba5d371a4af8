"""Several prompts of one call, answered at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from azrun.inference.backend import Backend
from azrun.inference.types import Chunk, GenerateRequest, Usage

Generator = AsyncGenerator[Chunk, None]
Item = tuple[int, Chunk | BaseException | None]


async def generate_all(backend: Backend, requests: Sequence[GenerateRequest]) -> Generator:
    """The chunks of all, mixed; answers are numbered on from prompt to prompt, and usage is the
    sum. The first chunk comes when the last prompt was accepted."""
    generators = [backend.generate(request) for request in requests]
    try:
        accepted = [await anext(one) for one in generators]
        usages = [chunk.usage for chunk in accepted]
        doubts = tuple(doubt for chunk in accepted for doubt in chunk.doubts)
        yield Chunk(0, "", _sum(usages), doubts=doubts)
        async with aclosing(_mixed(generators)) as mixed:
            async for number, chunk in mixed:
                usages[number] = chunk.usage
                index = number * requests[number].n + chunk.index
                yield replace(chunk, index=index, usage=_sum(usages))
    finally:
        for one in generators:
            await one.aclose()


async def _mixed(generators: Sequence[Generator]) -> AsyncGenerator[tuple[int, Chunk], None]:
    queue: asyncio.Queue[Item] = asyncio.Queue()
    tasks = [
        asyncio.create_task(_pump(number, one, queue), name=f"prompt {number}")
        for number, one in enumerate(generators)
    ]
    running = len(tasks)
    try:
        while running:
            number, item = await queue.get()
            if isinstance(item, BaseException):
                raise item
            if item is None:
                running -= 1
            else:
                yield number, item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def _pump(number: int, chunks: Generator, queue: asyncio.Queue[Item]) -> None:
    try:
        async for chunk in chunks:
            queue.put_nowait((number, chunk))
    except Exception as error:
        queue.put_nowait((number, error))
    else:
        queue.put_nowait((number, None))


def _sum(usages: Sequence[Usage]) -> Usage:
    return Usage(
        sum(one.prompt_tokens for one in usages),
        sum(one.completion_tokens for one in usages),
        sum(one.cached_tokens for one in usages),
    )
