"""A worker that is killed, whatever it does at the time."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import pytest

from azrun.inference.errors import ModelLoadError, WorkerDied
from azrun.inference.local import LlamaBackend
from azrun.inference.types import EmbedRequest

from .asking import ask, text

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_workers")]


async def kill(model: LlamaBackend) -> None:
    """And wait until the host knows."""
    assert model.pid is not None
    os.kill(model.pid, signal.SIGKILL)
    while model.state == "ready":  # noqa: ASYNC110 (there is nothing to wait on)
        await asyncio.sleep(0)


def nothing_is_left(model: LlamaBackend) -> bool:
    return (model.stats.running, model.stats.waiting) == (0, 0)


async def test_while_it_loads(says, backend, nursery):
    model = backend(says("abc"))
    loading = asyncio.create_task(model.load())
    waiting = asyncio.create_task(text(model, ask()))
    while nursery.newest is None:  # noqa: ASYNC110 (there is nothing to wait on)
        await asyncio.sleep(0)
    os.kill(nursery.newest, signal.SIGKILL)
    for task in (loading, waiting):
        with pytest.raises(ModelLoadError, match=r"died while loading it \(signal 9\)"):
            await task
    assert nothing_is_left(model)
    assert await text(model, ask()) == "abc"


LONG = "x" * 5_000


async def prepares(model: LlamaBackend) -> None:
    """Nothing is known of the request yet, but that it was sent."""
    await asyncio.sleep(0)


async def reads(model: LlamaBackend) -> None:
    while not model.stats.running:  # noqa: ASYNC110 (there is nothing to wait on)
        await asyncio.sleep(0)


@pytest.mark.parametrize("stage", [prepares, reads])
async def test_before_the_first_token(
    says, backend, stage: Callable[[LlamaBackend], Awaitable[None]]
):
    """A request that no work was done for goes to the next worker; one that was begun fails."""
    model = backend(says("abc", endless=True), context=8192)
    await model.load()
    asked = asyncio.create_task(text(model, ask(LONG, max_tokens=3)))
    await stage(model)
    begun = model.stats.running
    await kill(model)
    if begun:
        with pytest.raises(WorkerDied, match=r"signal 9"):
            await asked
    else:
        assert await asked == "abc"
    assert nothing_is_left(model)
    assert await text(model, ask(max_tokens=3)) == "abc"
    assert (model.stats.loads, model.stats.deaths) == (2, 1)


async def test_while_many_generate_and_more_wait(says, backend):
    model = backend(says("abc", endless=True), slots=4)
    streams = [model.generate(ask()) for _ in range(4)]
    for stream in streams:
        while not (await anext(stream)).text:
            pass
    waiting = [asyncio.create_task(text(model, ask(max_tokens=3))) for _ in range(8)]
    await asyncio.sleep(0)
    await kill(model)
    for stream in streams:
        with pytest.raises(WorkerDied):
            async for _ in stream:
                pass
    assert await asyncio.gather(*waiting) == ["abc"] * 8
    assert nothing_is_left(model)


async def test_idle(says, backend):
    model = backend(says("abc"))
    for deaths in range(1, 4):
        assert await text(model, ask()) == "abc"
        await kill(model)
        assert model.stats.deaths == deaths
    assert await text(model, ask()) == "abc"


async def test_while_it_embeds(counts, backend):
    """Until its end nothing is known of an embedding, and so another worker does it."""
    model = backend(counts)
    await model.load()
    request = EmbedRequest(tuple(letter * 500 for letter in "abcdefghijklmnopqrstuvwxyz" * 2))
    asked = asyncio.create_task(model.embed(request))
    await asyncio.sleep(0)
    await model.embed(EmbedRequest(("short",)))  # texts of all requests take turns
    assert not asked.done()
    await kill(model)
    assert len((await asked).vectors) == len(request.inputs)
    assert nothing_is_left(model)


async def test_twice_with_the_same_request(says, backend):
    """One that two workers died of is not given to a third."""
    model = backend(says("abc", endless=True), slots=1)
    async with aclosing(model.generate(ask())) as first:
        while not (await anext(first)).text:
            pass
        waiting = asyncio.create_task(text(model, ask(LONG[:3000])))
        await asyncio.sleep(0)
        await kill(model)
        while not model.stats.running:  # noqa: ASYNC110 (there is nothing to wait on)
            await asyncio.sleep(0)
        await kill(model)
        with pytest.raises(WorkerDied):
            await waiting
    assert nothing_is_left(model)
    assert await text(model, ask(max_tokens=3)) == "abc"
