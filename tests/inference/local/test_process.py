from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys

import anyio
import pytest

from azrun.inference.local.process import WorkerProcess
from azrun.inference.protocol import (
    Begun,
    Cancel,
    Counted,
    Done,
    Failed,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Loading,
    Piece,
    Pieces,
    Started,
)
from azrun.inference.types import GenerateRequest, Message, ModelSettings

pytestmark = pytest.mark.anyio


def ask(text: str = "hi", **options: object) -> GenerateRequest:
    return GenerateRequest((Message("user", text),), temperature=0.0, **options)  # type: ignore[arg-type]


@pytest.fixture
async def start():
    started: list[WorkerProcess] = []

    async def start(settings: ModelSettings):
        process = await WorkerProcess.start()
        started.append(process)
        events = process.events()
        process.send(Load(settings))
        while isinstance(event := await anext(events), Loading):
            pass
        return process, events, event

    yield start
    for process in started:
        await process.stop()


async def test_a_request_from_start_to_done(says, start):
    process, events, loaded = await start(ModelSettings(says("ab")))
    assert isinstance(loaded, Loaded)
    process.send(Generate(7, ask()))
    seen = [await anext(events) for _ in range(7)]
    assert seen == [
        Started(7, 21),
        Begun(7, 0),
        Pieces([Piece(7, 0, "a", 1)]),
        Pieces([Piece(7, 0, "b", 2)]),
        Pieces([Piece(7, 0, "", 3, "stop")]),
        Counted(3, 23, 0, 0),
        Done(7),
    ]


async def test_a_cancel_ends_the_work_within_a_step(says, start):
    process, events, _ = await start(ModelSettings(says("ab", endless=True), context=32_768))
    process.send(Generate(1, ask()))
    while not isinstance(await anext(events), Pieces):
        pass
    process.send(Cancel(1))
    [counted] = [event async for event in _until_done(events, 1) if isinstance(event, Counted)]
    assert counted.decode_steps < 10_000


async def test_a_cancel_ends_the_reading_of_a_long_prompt(says, start):
    process, events, _ = await start(ModelSettings(says("ab"), context=32_768))
    process.send(Generate(1, ask("x" * 30_000)))
    process.send(Cancel(1))
    seen = [event async for event in _until_done(events, 1)]
    assert not any(isinstance(event, Pieces) for event in seen)
    counted = [event for event in seen if isinstance(event, Counted)]
    assert not counted or counted[0].decoded_tokens < 30_000


async def test_a_cancel_of_what_waits_costs_no_step(says, start):
    process, events, _ = await start(ModelSettings(says("ab", endless=True), slots=1))
    process.send(Generate(1, ask()))
    process.send(Generate(2, ask()))
    process.send(Cancel(2))
    seen = [event async for event in _until_done(events, 2)]
    process.send(Cancel(1))
    assert not any(event == Begun(2, 0) for event in seen)


async def test_a_cancel_that_comes_too_late(says, start):
    process, events, _ = await start(ModelSettings(says("ab")))
    for number in range(3):
        process.send(Generate(number, ask()))
        seen = [event async for event in _until_done(events, number)]
        assert Pieces([Piece(number, 0, "", 3, "stop")]) in seen
        process.send(Cancel(number))


async def test_a_failed_request_leaves_the_worker_well(says, start):
    process, events, _ = await start(ModelSettings(says("ab"), context=256))
    process.send(Generate(1, ask("x" * 300)))
    failed = await anext(events)
    assert isinstance(failed, Failed)
    assert failed.kind == "invalid"
    process.send(Generate(2, ask()))
    assert isinstance(await anext(events), Started)


async def test_a_load_that_fails_ends_the_worker(start, tmp_path):
    path = tmp_path / "none.gguf"
    path.write_bytes(b"GGUF")
    process, events, failed = await start(ModelSettings(path))
    assert isinstance(failed, LoadFailed)
    assert failed.reason.startswith(f"{path}: ")
    assert [event async for event in events] == []
    assert await process.ended() == "exit code 1"


async def test_stopping_twice(says, start):
    process, events, _ = await start(ModelSettings(says("ab", endless=True)))
    process.send(Generate(1, ask()))
    await anext(events)
    await process.stop()
    await process.stop()
    assert await process.ended() == f"signal {signal.SIGTERM}"
    process.send(Generate(2, ask()))


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="waits for a process that is no child")
async def test_the_worker_dies_with_its_host(says, tmp_path):
    """Also in the middle of its work, and however the host ended."""
    script = tmp_path / "host.py"
    script.write_text(HOST)
    host = await asyncio.create_subprocess_exec(
        sys.executable, str(script), str(says("ab", endless=True)), stdout=subprocess.PIPE
    )
    assert host.stdout is not None
    worker = os.pidfd_open(int(await host.stdout.readline()))
    host.kill()
    await host.communicate()
    await anyio.wait_readable(worker)  # it has ended
    os.close(worker)


HOST = """
import asyncio, os, sys
from pathlib import Path
from azrun.inference.local import process
from azrun.inference.protocol import Generate, Load, Loaded, Pieces
from azrun.inference.types import GenerateRequest, Message, ModelSettings

async def main():
    worker = await process.WorkerProcess.start()
    worker.send(Load(ModelSettings(Path(sys.argv[1]), context=32_768)))
    events = worker.events()
    while not isinstance(await anext(events), Loaded):
        pass
    worker.send(Generate(1, GenerateRequest(messages=(Message("user", "hi"),), temperature=0.0)))
    while not isinstance(await anext(events), Pieces):
        pass
    print(worker.pid, flush=True)
    async for _ in events:
        pass

asyncio.run(main())
"""


async def _until_done(events, id):
    async for event in events:
        yield event
        if event == Done(id):
            return
