from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from azion.tee import tee

pytestmark = pytest.mark.anyio


async def letters(closed: list[bool] | None = None) -> AsyncIterator[str]:
    try:
        for letter in "abc":
            yield letter
    finally:
        if closed is not None:
            closed.append(True)


async def test_both_branches_get_everything() -> None:
    first, second = tee(letters())
    assert await anext(first) == "a"
    assert [c async for c in second] == ["a", "b", "c"]
    assert [c async for c in first] == ["b", "c"]
    assert [c async for c in first] == []


async def test_branches_read_at_the_same_time() -> None:
    async def slow() -> AsyncIterator[int]:
        for number in range(5):
            await asyncio.sleep(0)
            yield number

    async def collect(branch: AsyncIterator[int]) -> list[int]:
        return [number async for number in branch]

    first, second = tee(slow())
    both = await asyncio.gather(collect(first), collect(second))
    assert list(both) == [[*range(5)], [*range(5)]]


async def test_a_failure_reaches_both() -> None:
    async def broken() -> AsyncIterator[str]:
        yield "a"
        raise RuntimeError("no more")

    for branch in tee(broken()):
        assert await anext(branch) == "a"
        for _ in range(2):
            with pytest.raises(RuntimeError, match="no more"):
                await anext(branch)


async def test_the_source_closes_with_the_last_branch() -> None:
    closed: list[bool] = []
    first, second = tee(letters(closed))
    assert await anext(second) == "a"
    await first.aclose()
    assert [c async for c in first] == []
    assert await anext(second) == "b"
    assert not closed
    await second.aclose()
    assert closed


async def test_the_other_branch_is_told_of_a_cancelled_reader() -> None:
    async def waiting() -> AsyncIterator[str]:
        await asyncio.Event().wait()
        yield "a"

    first, second = tee(waiting())
    reader = asyncio.ensure_future(anext(first))
    await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    with pytest.raises(TypeError, match="cancelled"):
        await anext(second)
