from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from azrun.inference.errors import ModelLoadError, WorkerDied
from azrun.inference.lifecycle import Resident
from azrun.inference.room import Room
from azrun.inference.types import (
    BackendStats,
    Chunk,
    Embeddings,
    EmbedRequest,
    GenerateRequest,
    ModelInfo,
    RerankRequest,
    Scores,
    Usage,
)

pytestmark = pytest.mark.anyio

GB = 2**30
REQUEST = GenerateRequest()


class Steps:
    """A backend whose loads wait until they may end, and which says what it was told to do."""

    def __init__(self) -> None:
        self.state, self.done = "not loaded", list[str]()
        self.may_load, self.unloaded = asyncio.Event(), asyncio.Event()
        self.loads = asyncio.Event()
        self.may_load.set()
        self.error: Exception | None = None
        self.progress = 0.5

    @property
    def stats(self) -> BackendStats:
        return BackendStats(self.state)

    async def load(self) -> ModelInfo:
        self.done.append("load")
        self.loads.set()
        await self.may_load.wait()
        if self.error:
            raise self.error
        self.state = "ready"
        return ModelInfo("steps", "none", 0, 0, 0, False, True)

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
        assert self.state == "ready"
        for text in "abc":
            yield Chunk(0, text, Usage(0, 0))

    async def embed(self, request: EmbedRequest) -> Embeddings:
        return Embeddings((), Usage(0, 0))

    async def rerank(self, request: RerankRequest) -> Scores:
        return Scores((), Usage(0, 0))

    async def unload(self) -> None:
        self.done.append("unload")
        self.state = "not loaded"
        self.unloaded.set()

    async def close(self) -> None:
        self.done.append("close")


class Free:
    """A machine with this much memory free, beside what the backends give back."""

    def __init__(self, bytes: int = 100 * GB) -> None:
        self.bytes = bytes

    def available(self) -> int:
        return self.bytes


def resident(room: Room, name: str = "a", gigabytes: int = 1, **more: float) -> Resident:
    return Resident(name, Steps(), room, measure=lambda: gigabytes * GB, **more)


def steps(one: Resident) -> Steps:
    assert isinstance(one.inner, Steps)
    return one.inner


async def texts(one: Resident) -> str:
    async with aclosing(one.generate(REQUEST)) as chunks:
        return "".join([chunk.text async for chunk in chunks])


async def test_the_first_request_loads_and_the_next_does_not() -> None:
    one = resident(Room(9 * GB, Free()))
    assert (one.state, await texts(one), await texts(one)) == ("not loaded", "abc", "abc")
    assert (steps(one).done, one.state) == (["load"], "ready")


async def test_requests_wait_for_the_one_load_and_it_can_be_seen() -> None:
    one = resident(Room(9 * GB, Free()))
    steps(one).may_load.clear()
    calls = [asyncio.create_task(texts(one)) for _ in range(3)]
    await asyncio.sleep(0)
    assert one.state == "loading"
    assert one.load_under_way is not None
    assert (one.load_under_way.name, one.load_under_way.fraction) == ("a", 0.5)
    assert one.load_under_way.seconds >= 0
    steps(one).may_load.set()
    assert await asyncio.gather(*calls) == ["abc"] * 3
    assert steps(one).done == ["load"]
    assert one.load_under_way is None


async def test_a_request_that_leaves_does_not_stop_the_load() -> None:
    one = resident(Room(9 * GB, Free()))
    steps(one).may_load.clear()
    call = asyncio.create_task(texts(one))
    await asyncio.sleep(0)
    call.cancel()
    await asyncio.wait([call])
    steps(one).may_load.set()
    assert await texts(one) == "abc"
    assert steps(one).done == ["load"]


async def test_idle_for_its_time_it_is_unloaded_and_loaded_again() -> None:
    one = resident(Room(9 * GB, Free()), keep_alive=0.0)
    await one.embed(EmbedRequest(("x",)))
    await asyncio.wait_for(steps(one).unloaded.wait(), 5)
    assert one.state == "not loaded"
    await one.rerank(RerankRequest("q", ("x",)))
    assert steps(one).done == ["load", "unload", "load"]


async def test_in_use_it_is_never_unloaded() -> None:
    one = resident(Room(9 * GB, Free()), keep_alive=0.0)
    async with aclosing(one.generate(REQUEST)) as chunks:
        await anext(chunks)
        await texts(one)
        await one.unload()
        for _ in range(5):
            await asyncio.sleep(0)
        assert (one.state, steps(one).done) == ("ready", ["load"])
    await asyncio.wait_for(steps(one).unloaded.wait(), 5)


async def test_the_least_recently_used_makes_room() -> None:
    room = Room(3 * GB, Free())
    a, b, c = (resident(room, name) for name in "abc")
    for one in (a, b, c, a):
        await texts(one)
    await texts(resident(room, "d"))
    assert [one.state for one in (a, b, c)] == ["ready", "not loaded", "ready"]
    await texts(resident(room, "e", 2))
    assert [one.state for one in (a, b, c)] == ["not loaded", "not loaded", "not loaded"]


async def test_what_is_in_use_stays_and_the_other_loads_beside_it() -> None:
    room = Room(GB, Free())
    a, b = resident(room, "a"), resident(room, "b")
    async with aclosing(a.generate(REQUEST)) as chunks:
        await anext(chunks)
        assert await texts(b) == "abc"
        assert a.state == "ready"


async def test_two_loads_at_once_see_each_other() -> None:
    room = Room(2 * GB, Free())
    old, a, b = (resident(room, name) for name in ("old", "a", "b"))
    await texts(old)
    steps(a).may_load.clear()
    first = asyncio.create_task(texts(a))
    await steps(a).loads.wait()
    assert old.state == "ready"
    assert await texts(b) == "abc"  # and does not wait for a
    assert old.state == "not loaded"
    steps(a).may_load.set()
    assert await first == "abc"


async def test_a_model_that_the_machine_cannot_hold_is_refused() -> None:
    room = Room(9 * GB, Free(3 * GB))
    a, b = resident(room, "a"), resident(room, "big", 5)
    await texts(a)
    with pytest.raises(ModelLoadError, match=r"big takes about 5\.4 GB .* has 4\.3 GB") as refused:
        await texts(b)
    assert refused.value.hint.endswith(".")
    assert (a.state, b.state, steps(b).done) == ("ready", "failed", [])
    await texts(resident(room, "on a GPU", 5, spills=True))


async def test_short_of_memory_the_idle_leave_though_the_budget_is_kept() -> None:
    free = Free(3 * GB)
    room = Room(50 * GB, free)
    a = resident(room, "a")
    await texts(a)
    await texts(resident(room, "b", 4, spills=False))
    assert a.state == "not loaded"


async def test_a_load_that_fails_is_told_and_tried_again() -> None:
    one = resident(Room(9 * GB, Free()))
    steps(one).error = ModelLoadError("no")
    with pytest.raises(ModelLoadError, match="no"):
        await texts(one)
    assert one.state == "failed"
    steps(one).error = None
    assert (await texts(one), one.state) == ("abc", "ready")


async def test_close_in_the_middle_of_a_load() -> None:
    one = resident(Room(9 * GB, Free()))
    steps(one).may_load.clear()
    call = asyncio.create_task(texts(one))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await one.close()
    with pytest.raises(WorkerDied, match="shutting down"):
        await call
    await one.close()
    with pytest.raises(WorkerDied, match="shutting down"):
        await texts(one)


async def test_a_worker_that_died_is_loaded_again() -> None:
    one = resident(Room(9 * GB, Free()))
    await texts(one)
    steps(one).state = "not loaded"
    assert await texts(one) == "abc"
    assert steps(one).done == ["load", "load"]
