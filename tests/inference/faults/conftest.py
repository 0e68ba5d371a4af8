"""Workers that start in milliseconds, for tests that need hundreds of them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from azrun.inference.local.process import ENVIRONMENT, WorkerProcess

NURSERY = Path(__file__).parent / "nursery.py"


class Forked:
    """A worker that the nursery started, in the form of asyncio's Process."""

    def __init__(self, streams: list[Any], pid: int, status: asyncio.StreamReader) -> None:
        self.stdin, self.stderr = streams
        self.pid = pid
        self.returncode: int | None = None
        self._end = asyncio.ensure_future(self._ended(status))

    async def _ended(self, status: asyncio.StreamReader) -> int:
        self.returncode = int(await status.readline())
        return self.returncode

    async def wait(self) -> int:
        return await asyncio.shield(self._end)


class Nursery:
    """The process that forks workers, and our ends of their pipes; `newest` is the last worker's
    process id, `events` the descriptor from which its events are read."""

    def __init__(self) -> None:
        self.pipes: list[asyncio.BaseTransport] = []
        self.newest: int | None = None
        self.events = -1
        self._calls, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        environment = {**os.environ, **ENVIRONMENT, "OPENBLAS_NUM_THREADS": "1"}
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-P", str(NURSERY)], stdin=theirs, env=environment
            )

    async def start(self) -> WorkerProcess:
        theirs_in, ours_in = os.pipe()
        ours_out, theirs_out = os.pipe()
        ours_err, theirs_err = os.pipe()
        ours_status, theirs_status = os.pipe()
        theirs = [theirs_in, theirs_out, theirs_err, theirs_status]
        socket.send_fds(self._calls, [b"!"], theirs)
        for descriptor in theirs:
            os.close(descriptor)
        status = await self._reader(ours_status)
        self.newest = pid = int(await status.readline())
        streams = [await self._writer(ours_in), await self._reader(ours_err)]
        self.events = ours_out
        os.set_blocking(ours_out, False)
        process = cast(asyncio.subprocess.Process, Forked(streams, pid, status))
        return WorkerProcess(process, ours_out)

    async def _reader(self, descriptor: int) -> asyncio.StreamReader:
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(descriptor, "rb")
        )
        self.pipes.append(transport)
        return reader

    async def _writer(self, descriptor: int) -> asyncio.StreamWriter:
        loop = asyncio.get_running_loop()
        transport, protocol = await loop.connect_write_pipe(
            asyncio.streams.FlowControlMixin, os.fdopen(descriptor, "wb")
        )
        self.pipes.append(transport)
        return asyncio.StreamWriter(transport, protocol, None, loop)

    def close(self) -> None:
        self._calls.close()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    made = Nursery()
    yield made
    made.close()


@pytest.fixture
async def quick_workers(nursery: Nursery, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The real worker, but forked from a process that has imported what it needs."""
    monkeypatch.setattr(WorkerProcess, "start", nursery.start)
    nursery.newest = None
    yield
    while nursery.pipes:
        nursery.pipes.pop().close()
    await asyncio.sleep(0)
