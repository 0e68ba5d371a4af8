"""A worker process as the host holds it: requests in, events out, an end with a reason."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections import deque
from collections.abc import AsyncIterator

from azrun.inference.protocol import (
    LARGEST_EVENT,
    PREFIX,
    Event,
    Request,
    decode_event,
    encode_request,
    sizes,
)

PATIENCE = 2.0  # seconds between asking a worker to end and ending it
# -P: a file of the current folder must not stand in for a library's module.
COMMAND = (sys.executable, "-P", "-m", "azrun.inference.worker")
# Without it llama.cpp starts a debugger on itself when it aborts.
ENVIRONMENT = {"GGML_NO_BACKTRACE": "1"}


class WorkerProcess:
    """Started by `start`, ended by `stop`; its own end closes `events`."""

    def __init__(self, process: Process) -> None:
        if not (process.stdin and process.stdout and process.stderr):
            raise ValueError("a worker process needs all three pipes")
        self._process = process
        self._in, self._out = process.stdin, process.stdout
        self._words: deque[str] = deque(maxlen=20)
        self.asked_to_end = False
        self._listening = asyncio.create_task(self._listen(process.stderr), name="worker stderr")

    @classmethod
    async def start(cls) -> WorkerProcess:
        environment = {**os.environ, **ENVIRONMENT}
        return cls(
            await asyncio.create_subprocess_exec(
                *COMMAND, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=environment
            )
        )

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
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                prefix = await self._out.readexactly(PREFIX.size)
                header, blob = sizes(prefix, LARGEST_EVENT)
                yield decode_event(
                    await self._out.readexactly(header), await self._out.readexactly(blob)
                )

    async def ended(self) -> str:
        """Waits for the end; what it was, with the last line the worker printed."""
        code = await self._process.wait()
        await self._listening
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return f"{how}: {self._words[-1]}" if self._words else how

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
