from __future__ import annotations

import asyncio
from typing import Any

import pytest

from azrun.ai.run import run
from azrun.ai.watch import Watched, watched
from azrun.inference.errors import InferenceError, InvalidRequest, ModelNotFound, WorkerDied
from azrun.inference.types import ModelUse
from azrun.observe.calls import ModelCall

from ..scripted import ACCEPTED, HELLO, Scripted, ScriptedModels

pytestmark = pytest.mark.anyio

HI = [{"role": "user", "content": "hi"}]


class Calls:
    """Makes calls and keeps what is told of them."""

    def __init__(self, *script: Any) -> None:
        self.told: list[ModelCall] = []
        self.uses: list[ModelUse] = []
        self._models = ScriptedModels(mine=Scripted(*script))

    async def __call__(self, id: Any = "mine", **given: Any) -> Any:
        async def get(url: str) -> bytes:
            raise AssertionError(url)

        request = {"messages": HI, **given}
        return await watched(run, self._models, id, request, get, self.uses, self.told.append)


async def test_a_whole_answer() -> None:
    calls = Calls()
    await calls()
    (call,) = calls.told
    assert (call.operation, call.asked, call.answered) == ("chat", "mine", "scripted.gguf")
    assert (call.error, call.use) == ("", calls.uses[0])
    assert call.began <= call.ended


async def test_a_stream_is_told_of_at_its_end() -> None:
    calls = Calls()
    stream = await calls(stream=True)
    assert isinstance(stream, Watched)
    assert len(calls.uses) == 1
    async for _ in stream:
        assert not calls.told
    await stream.aclose()
    assert [call.error for call in calls.told] == [""]


@pytest.mark.parametrize("read", [0, 1])
async def test_a_stream_that_is_left(read: int) -> None:
    calls = Calls()
    stream = await calls(stream=True)
    for _ in range(read):
        await anext(stream)
    await stream.aclose()
    assert [call.error for call in calls.told] == ["cancelled"]


async def test_a_call_that_is_cancelled() -> None:
    calls = Calls(ACCEPTED, asyncio.Event())
    task = asyncio.create_task(calls())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [(call.error, call.use) for call in calls.told] == [("cancelled", calls.uses[0])]


async def test_a_stream_that_fails() -> None:
    calls = Calls(*HELLO[:2], WorkerDied("it died"))
    stream = await calls(stream=True)
    with pytest.raises(WorkerDied):
        _ = [body async for body in stream]
    assert [call.error for call in calls.told] == ["WorkerDied"]


@pytest.mark.parametrize(
    ("id", "error", "answered"),
    [("mine", InvalidRequest, "scripted.gguf"), ("none", ModelNotFound, "-"),
     (5, InvalidRequest, "-"), (None, InvalidRequest, "-")],
)  # fmt: skip
async def test_a_call_that_nothing_takes_up(
    id: Any, error: type[InferenceError], answered: str
) -> None:
    calls = Calls()
    with pytest.raises(error):
        await calls(id, n="many")
    (call,) = calls.told
    assert (call.error, call.answered, call.use) == (error.__name__, answered, None)


async def test_calls_at_once_are_told_apart() -> None:
    calls = Calls()
    streams = [await calls(stream=True, n=1), await calls(stream=True)]
    for stream in streams:
        await stream.aclose()
    first, second = calls.told
    assert (first.use, second.use) == (calls.uses[0], calls.uses[1])
    assert first.use is not second.use
