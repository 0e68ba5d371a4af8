"""What a backend says of itself, over several workers."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import aclosing

import pytest

from azrun.inference.types import EmbedRequest

from .asking import ask, complete, text

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_workers")]


async def test_unloading_ends_the_worker(says, backend):
    model = backend(says("abc"))
    for loads in (1, 2, 3):
        await model.load()
        assert await text(model, ask()) == "abc"
        worker = model.pid
        await model.unload()
        with pytest.raises(ProcessLookupError):
            os.kill(worker, 0)
        assert (model.state, model.pid) == ("not loaded", None)
        assert (model.stats.loads, model.stats.deaths) == (loads, 0)
        assert model.stats.load_seconds > 0
    await model.unload()


async def test_a_model_in_use_stays(says, backend):
    model = backend(says("abc", endless=True))
    async with aclosing(model.generate(ask())) as stream:
        await anext(stream)
        await model.unload()
        assert (await anext(stream)).text == "a"
    assert model.state == "ready"


async def test_what_was_decoded(says, backend):
    """One token of a prompt of five is read again with each answer; the last is never decoded."""
    model = backend(says("ab"), prefix_cache=0)
    assert await text(model, complete("xyz.\n")) == "ab"
    first = model.stats
    assert (first.decode_steps, first.decoded_tokens) == (3, 5 + 2)
    assert await text(model, complete("xyz.\n")) == "ab"
    assert (model.stats.decode_steps, model.stats.decoded_tokens) == (6, 7 + 1 + 2)
    assert (model.stats.preemptions, model.stats.evictions) == (0, 0)


async def test_totals_outlive_a_worker(says, counts, backend):
    writes, reads = backend(says("ab"), prefix_cache=0), backend(counts)
    for rounds in (1, 2, 3):
        assert await text(writes, complete("xyz.\n")) == "ab"
        await reads.embed(EmbedRequest(("abc", "de")))
        assert (writes.stats.decode_steps, writes.stats.decoded_tokens) == (3 * rounds, 7 * rounds)
        assert (reads.stats.decode_steps, reads.stats.decoded_tokens) == (rounds, 5 * rounds)
        os.kill(writes.pid, signal.SIGKILL)
        while writes.state == "ready":  # noqa: ASYNC110 (there is nothing to wait on)
            await asyncio.sleep(0)
        await reads.unload()
        assert writes.stats.decoded_tokens == 7 * rounds
        assert reads.stats.decoded_tokens == 5 * rounds
    assert (writes.stats.deaths, reads.stats.deaths) == (3, 0)


async def test_running_and_waiting(says, backend):
    model = backend(says("ab", endless=True), slots=2)
    streams = [model.generate(ask()) for _ in range(5)]
    begun = [asyncio.ensure_future(anext(stream)) for stream in streams]
    await asyncio.gather(*begun)
    for stream in streams[:2]:
        while not (await anext(stream)).text:
            pass
    assert (model.stats.slots, model.stats.running, model.stats.waiting) == (2, 2, 3)
    for stream in streams:
        await stream.aclose()
    assert (model.stats.running, model.stats.waiting) == (0, 0)
