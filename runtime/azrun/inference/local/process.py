"""A worker process as the host holds it: requests in, events out, an end with a reason."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from azrun.inference.protocol import (
    Event,
    Frames,
    Request,
    encode_request,
)

READ = 2**16  # bytes
# An assertion of llama.cpp's begins with where its source lay on the machine that built it.
BUILDER = re.compile(r"^.*/(?=[\w.-]+:\d+: )")
PATIENCE = 2.0  # seconds between asking a worker to end and ending it
# -P: a file of the current folder must not stand in for a library's module.
COMMAND = (sys.executable, "-P", "-m", "azrun.inference.worker")
# llama.cpp starts a debugger on itself when it aborts; pydantic looks through all packages for
# its plugins, and numpy's BLAS makes a thread for each core: a worker has no use for either.
ENVIRONMENT = {
    "GGML_NO_BACKTRACE": "1",
    "PYDANTIC_DISABLE_PLUGINS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}


class WorkerProcess:
    """Started by `start`, ended by `stop`; its own end closes `events`."""

    def __init__(self, process: Process, out: int) -> None:
        """`out` is the end of a pipe from which its events are read; it is closed here."""
        if not (process.stdin and process.stderr):
            raise ValueError("a worker process needs its pipes")
        self._process, self._in = process, process.stdin
        self._words: deque[str] = deque(maxlen=20)
        self.asked_to_end = False
        self._listening = asyncio.create_task(self._listen(process.stderr), name="worker stderr")
        self._loop = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        self._take: Callable[[Event], None] = self._queue.put_nowait
        self._over: asyncio.Future[None] = self._loop.create_future()
        self._out, self._frames = out, Frames()
        # A stream of asyncio's reads into 256 KB at a time: memory that the system maps and
        # unmaps for each frame.
        self._loop.add_reader(out, self._read)

    @classmethod
    async def start(cls) -> WorkerProcess:
        environment = {**os.environ, **ENVIRONMENT}
        out, theirs = os.pipe()
        os.set_blocking(out, False)
        try:
            process = await asyncio.create_subprocess_exec(
                *COMMAND, stdin=PIPE, stdout=theirs, stderr=PIPE, env=environment
            )
        except BaseException:
            os.close(out)
            raise
        finally:
            os.close(theirs)
        return cls(process, out)

    @property
    def pid(self) -> int:
        return self._process.pid

    def send(self, message: Request) -> None:
        """Queue a message; a worker that has ended takes none, and `events` says so."""
        if not self._in.is_closing():
            self._words.clear()
            self._in.write(encode_request(message))

    async def events(self) -> AsyncIterator[Event]:
        """What the worker says, until it ends. ValueError where it says what no worker says."""
        while True:
            getting = asyncio.ensure_future(self._queue.get())
            either: list[asyncio.Future[Any]] = [getting, self._over]
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                getting.cancel()
                self._over.result()
                return
            yield getting.result()

    def hand_on(self, take: Callable[[Event], None]) -> None:
        """From now on `take` is called with each event, as it comes. A ValueError that it raises
        ends that, and is raised by `over`."""
        while not self._queue.empty():
            take(self._queue.get_nowait())
        self._take = take

    async def over(self) -> None:
        """Waits for the last event. ValueError where the worker said what no worker says."""
        await asyncio.shield(self._over)

    def _read(self) -> None:
        try:
            data = os.read(self._out, READ)
        except BlockingIOError:
            return
        error = None
        if data:
            try:
                for event in self._frames.feed(data):
                    self._take(event)
                return
            except ValueError as broken:
                error = broken
        self._close(error)

    def _close(self, error: ValueError | None = None) -> None:
        if self._over.done():
            return
        self._loop.remove_reader(self._out)
        os.close(self._out)
        if error is None:
            self._over.set_result(None)
        else:
            self._over.set_exception(error)
            self._over.exception()  # whoever waits hears of it; nobody need

    async def ended(self) -> str:
        """Waits for the end; what it was, with the last line the worker printed."""
        code = await self._process.wait()
        await self._listening
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{how}: {BUILDER.sub('', self._words[-1])}" if self._words else how

    async def stop(self) -> None:
        """Ask the process to end, then end it. A second time does nothing."""
        self.asked_to_end = self.asked_to_end or self._process.returncode is None
        self._signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(PATIENCE):
                await self._process.wait()
        except TimeoutError:
            self._signal(signal.SIGKILL)
            await self._process.wait()
        self._in.close()
        await self._listening
        self._close()

    def _signal(self, number: signal.Signals) -> None:
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                # Not Popen's own method: it reaps a child that has just ended, unseen by asyncio.
                os.kill(self._process.pid, number)

    async def _listen(self, stderr: asyncio.StreamReader) -> None:
        while line := await _line(stderr):
            if text := line.decode("utf-8", "replace").strip():
                self._words.append(text)


async def _line(stream: asyncio.StreamReader) -> bytes:
    """The next line, or what there is of one that is too long for the buffer."""
    try:
        return await stream.readline()
    except ValueError:
        return await stream.read(2**16)
