"""More requests than a model can take, and callers that leave, or do not listen."""

from __future__ import annotations

import asyncio
import fcntl
import gc
import os
import random
import struct
import termios
import time
from contextlib import aclosing
from pathlib import Path

import pytest

from azrun.inference.errors import TooManyRequests
from azrun.inference.local import LlamaBackend
from azrun.inference.types import EmbedRequest

from .asking import ask, text

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("quick_workers")]

MEGABYTE = 2**20


def memory(pid: int) -> int:
    """Resident bytes of a process."""
    gc.collect()
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/task"))


async def test_ten_thousand_requests(says, backend):
    """As many as there is room for are served; the others hear at once that there is none."""
    model = backend(says("ab"))
    slots = (await model.load()).slots
    asked = [asyncio.create_task(text(model, ask())) for _ in range(10_000)]
    await asyncio.sleep(0)
    refused = [task for task in asked if task.done()]
    assert len(refused) == 10_000 - 512 - slots
    for task in refused:
        error = task.exception()
        assert isinstance(error, TooManyRequests)
        assert error.retry_after >= 1
    assert model.stats.waiting + model.stats.running == 512 + slots
    served = await asyncio.gather(*(task for task in asked if task not in set(refused)))
    assert served == ["ab"] * (512 + slots)
    assert (model.stats.running, model.stats.waiting) == (0, 0)
    assert await text(model, ask()) == "ab"


async def test_all_who_wait_leave(says, backend):
    model = backend(says("ab", endless=True))
    await model.load()
    asked = [asyncio.create_task(text(model, ask())) for _ in range(10_000)]
    await asyncio.sleep(0)
    for task in asked:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert (model.stats.running, model.stats.waiting) == (0, 0)
    assert await text(model, ask(max_tokens=2)) == "ab"


STREAMS = 1000


async def leave_or_stay(model: LlamaBackend, chance: random.Random) -> str:
    """Half of the callers leave after some chunks, which may be none."""
    if chance.random() < 0.5:
        return await text(model, ask(max_tokens=20, n=chance.choice((1, 2))))
    stays = chance.randrange(12)
    async with aclosing(model.generate(ask("x" * chance.randrange(300)))) as stream:
        async for _ in stream:
            stays -= 1
            if stays <= 0:
                break
    return ""


async def test_half_of_a_thousand_streams_leave(says, backend):
    """No slot, ticket, thread, descriptor or memory is left behind."""
    model = backend(says("ab", endless=True), longest_queue=STREAMS, context=2048, prefix_cache=0)
    await asyncio.gather(*(leave_or_stay(model, random.Random(n)) for n in range(STREAMS // 4)))
    assert model.pid is not None
    pids = os.getpid(), model.pid
    before = [(memory(pid), descriptors(pid), threads(pid)) for pid in pids]
    answers = await asyncio.gather(
        *(leave_or_stay(model, random.Random(n)) for n in range(STREAMS))
    )
    texts = {"".join(sorted(answer)) for answer in answers}  # two answers of one request are mixed
    assert texts == {"", "a" * 10 + "b" * 10, "a" * 20 + "b" * 20}
    assert (model.stats.running, model.stats.waiting) == (0, 0)
    assert await text(model, ask(max_tokens=2)) == "ab"
    assert (model.pid, model.stats.deaths) == (pids[1], 0)
    for pid, (bytes_before, *others) in zip(pids, before, strict=True):
        assert [descriptors(pid), threads(pid)] == others
        assert memory(pid) - bytes_before < 16 * MEGABYTE
    assert await free_slots(model) == model.stats.slots


async def free_slots(model: LlamaBackend) -> int:
    """How many requests the worker begins at once."""
    streams = [model.generate(ask()) for _ in range(model.stats.slots)]
    for stream in streams:
        while not (await anext(stream)).text:
            pass
    running = model.stats.running
    for stream in streams:
        await stream.aclose()
    return running


async def test_a_host_that_does_not_read_for_a_while(says, backend, nursery):
    """The pipe is full; the worker waits, and goes on where it stopped."""
    model = backend(says("ab", endless=True), context=32_768)
    streams = [model.generate(ask(max_tokens=200, logprobs=20)) for _ in range(8)]
    for stream in streams:
        await anext(stream)
    wait_until_full(nursery.events)
    for stream in streams:
        assert len([chunk async for chunk in stream if chunk.logprobs]) == 200
    assert await text(model, ask(max_tokens=2)) == "ab"


def wait_until_full(pipe: int) -> None:
    """Until a pipe has bytes and no more of them come. The event loop does not run meanwhile."""
    filled, since = 0, time.monotonic()
    while filled < 2**15 or time.monotonic() - since < 0.1:
        now = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, b"\0" * 4))[0]
        if now != filled:
            filled, since = now, time.monotonic()
        os.sched_yield()


async def test_texts_that_nobody_waits_for(counts, backend):
    model = backend(counts)
    await model.load()
    asked = [asyncio.create_task(model.embed(EmbedRequest(("x" * 200,) * 10))) for _ in range(100)]
    await asyncio.sleep(0)
    for task in asked[1:]:
        task.cancel()
    await asyncio.gather(*asked, return_exceptions=True)
    assert len((await asked[0]).vectors) == 10
    assert (model.stats.running, model.stats.waiting) == (0, 0)
    assert model.stats.decoded_tokens < 100 * 10 * 200
