"""GGUF models on llama.cpp, each in a worker process of its own."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from itertools import count

from azrun.inference.errors import (
    InferenceError,
    InvalidRequest,
    ModelLoadError,
    TooManyRequests,
    Unsupported,
    WorkerDied,
)
from azrun.inference.process import WorkerProcess
from azrun.inference.protocol import (
    Cancel,
    Event,
    Failed,
    Generate,
    Load,
    Loaded,
    LoadFailed,
    Piece,
    Started,
)
from azrun.inference.types import Chunk, GenerateRequest, ModelInfo, ModelSettings, Usage

LONGEST_QUEUE = 512
_ERRORS = {"invalid": InvalidRequest, "unsupported": Unsupported, "internal": InferenceError}


class _Job:
    """One request on its way through the queue and the worker."""

    def __init__(self, id: int, request: GenerateRequest) -> None:
        self.id, self.request = id, request
        self.out: asyncio.Queue[Chunk | InferenceError | None] = asyncio.Queue()
        self.prompt_tokens = self.index = 0
        self.ended = False

    def end(self, error: InferenceError | None = None) -> None:
        self.ended = True
        self.out.put_nowait(error)


class LlamaBackend:
    """Answers from one GGUF, one request at a time, first come, first served.

    The worker starts with the first request, or with `load`; when it dies, the request it
    worked on fails, and the next one starts another.
    """

    def __init__(self, settings: ModelSettings, longest_queue: int = LONGEST_QUEUE) -> None:
        self.settings = settings
        self.info: ModelInfo | None = None
        self._longest = longest_queue
        self._ids = count(1)
        self._waiting: deque[_Job] = deque()
        self._running: _Job | None = None
        self._process: WorkerProcess | None = None
        self._starting: asyncio.Task[ModelInfo] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def state(self) -> str:
        """`not loaded`, `loading` or `ready`."""
        if self._process is not None:
            return "ready"
        return "loading" if self._starting is not None else "not loaded"

    @property
    def pid(self) -> int | None:
        """The worker's process id, while there is one."""
        return self._process.pid if self._process else None

    async def load(self) -> ModelInfo:
        """Start the worker, if it does not run; ModelLoadError says why it cannot."""
        if self._process is not None and self.info is not None:
            return self.info
        return await asyncio.shield(self._start())

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
        job = self._enqueue(request)
        try:
            while (item := await job.out.get()) is not None:
                if isinstance(item, InferenceError):
                    raise item
                yield item
        finally:
            self._leave(job)

    async def close(self) -> None:
        """End the worker; what waits or runs fails."""
        self._closed = True
        while self._waiting:
            self._waiting.popleft().end(WorkerDied("azrun is shutting down"))
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        if self._process is not None:
            await self._process.stop()
        if self._listening is not None:
            await self._listening

    def _enqueue(self, request: GenerateRequest) -> _Job:
        if self._closed:
            raise WorkerDied("azrun is shutting down")
        if len(self._waiting) >= self._longest:
            raise TooManyRequests(
                f"{self._longest} requests wait for this model already", "Try again later."
            )
        job = _Job(next(self._ids), request)
        self._waiting.append(job)
        self._advance()
        return job

    def _leave(self, job: _Job) -> None:
        """Nobody listens to this job any more."""
        if job in self._waiting:
            self._waiting.remove(job)
        elif not job.ended and self._process is not None:
            self._process.send(Cancel(job.id))

    def _advance(self) -> None:
        """Give the worker the next request, when it is free."""
        if self._running is not None or not self._waiting or self._closed:
            return
        if self._process is None:
            self._start()
            return
        self._running = job = self._waiting.popleft()
        self._process.send(Generate(job.id, job.request))

    def _start(self) -> asyncio.Task[ModelInfo]:
        if self._starting is None:
            self._starting = asyncio.create_task(self._load(), name="model load")
            self._starting.add_done_callback(self._started)
        return self._starting

    def _started(self, task: asyncio.Task[ModelInfo]) -> None:
        self._starting = None
        if task.cancelled():
            return
        error = task.exception()
        if error is None:
            self._advance()
            return
        while self._waiting:
            self._waiting.popleft().end(
                error if isinstance(error, InferenceError) else WorkerDied(str(error))
            )

    async def _load(self) -> ModelInfo:
        process = await WorkerProcess.start()
        try:
            process.send(Load(self.settings))
            events = process.events()
            event = await anext(events, None)
            if isinstance(event, LoadFailed):
                raise ModelLoadError(event.reason, "Check the file, or get it again.")
            if not isinstance(event, Loaded):
                raise ModelLoadError(
                    f"{self.settings.gguf}: the worker died while loading it"
                    f" ({await process.ended()})",
                    "Check the file, or get it again.",
                )
        except BaseException:
            await process.stop()
            raise
        self._process, self.info = process, event.info
        self._listening = asyncio.create_task(self._listen(process), name="worker events")
        return event.info

    async def _listen(self, process: WorkerProcess) -> None:
        """Until the worker ends, whatever ends it."""
        try:
            async for event in process.events():
                self._take(event)
        except ValueError as error:
            await process.stop()
            reason = f"it broke its protocol: {error}"
        else:
            reason = await process.ended()
        await process.stop()
        self._process = None
        job, self._running = self._running, None
        if job is not None:
            job.end(
                WorkerDied(
                    f"the model worker died ({reason}) while it answered;"
                    " it is started again with the next request"
                )
            )
        self._advance()

    def _take(self, event: Event) -> None:
        job = self._running
        if job is None or isinstance(event, Loaded | LoadFailed) or event.id != job.id:
            raise ValueError(f"an unexpected {event.type!r}")
        if isinstance(event, Piece) and not job.index <= event.index < job.request.n:
            raise ValueError(f"answer {event.index} of {job.request.n}")
        if isinstance(event, Started):
            job.prompt_tokens = event.prompt_tokens
            job.out.put_nowait(Chunk(0, "", Usage(event.prompt_tokens, 0)))
        elif isinstance(event, Piece):
            job.index = event.index
            usage = Usage(job.prompt_tokens, event.tokens)
            job.out.put_nowait(
                Chunk(event.index, event.text, usage, event.finish_reason, event.stop_reason)
            )
        else:
            self._running = None
            job.end(_error(event) if isinstance(event, Failed) else None)
            self._advance()


def _error(event: Failed) -> InferenceError:
    return _ERRORS[event.kind](event.message, event.hint)
