"""GGUF models on llama.cpp, each in a worker process of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from itertools import count
from typing import TypeVar

from azrun.inference.errors import (
    InferenceError,
    InvalidRequest,
    TooManyRequests,
    Unsupported,
    WorkerDied,
)
from azrun.inference.local.jobs import Generation, Measurement, Ticket
from azrun.inference.local.loader import Loader
from azrun.inference.local.process import WorkerProcess
from azrun.inference.protocol import (
    Begun,
    Cancel,
    Counted,
    Embed,
    Event,
    Failed,
    Generate,
    Loaded,
    LoadFailed,
    Loading,
    Pieces,
    Rerank,
    Scored,
    Started,
    Vectors,
)
from azrun.inference.types import (
    BackendStats,
    Chunk,
    Embeddings,
    EmbedRequest,
    GenerateRequest,
    ModelInfo,
    ModelSettings,
    RerankRequest,
    Scores,
)
from azrun.inference.vectors import resized

LONGEST_QUEUE = 512
NOTHING = Counted(0, 0, 0, 0)
_ERRORS = {"invalid": InvalidRequest, "unsupported": Unsupported, "internal": InferenceError}
TicketT = TypeVar("TicketT", bound=Ticket)


class LlamaBackend:
    """Answers from one GGUF, as many requests at once as its worker has slots; `longest_queue`
    more may wait.

    The worker starts with the first request, or with `load`. When it dies, the requests it
    worked on fail, and another worker takes those that only waited.
    """

    def __init__(self, settings: ModelSettings, longest_queue: int = LONGEST_QUEUE) -> None:
        self.settings = settings
        self.info: ModelInfo | None = None
        self._longest = longest_queue
        self._ids = count(1)
        self._tickets: dict[int, Ticket] = {}
        self._process: WorkerProcess | None = None
        self._starting: asyncio.Task[ModelInfo] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._closed = False
        self._loader = Loader(settings)
        self._deaths = 0
        self._counted = self._counted_before = NOTHING

    @property
    def state(self) -> str:
        """`not loaded`, `loading` or `ready`."""
        if self._process is not None:
            return "ready"
        return "loading" if self._starting is not None else "not loaded"

    @property
    def progress(self) -> float:
        """How far a load is, 0 to 1."""
        return self._loader.progress

    @property
    def pid(self) -> int | None:
        """The worker's process id, while there is one."""
        return self._process.pid if self._process else None

    @property
    def stats(self) -> BackendStats:
        begun = sum(ticket.begun for ticket in self._tickets.values())
        counted = self._counted_before + self._counted
        return BackendStats(
            state=self.state,
            slots=self.info.slots if self.info else 0,
            running=begun,
            waiting=len(self._tickets) - begun,
            loads=self._loader.loads,
            load_seconds=self._loader.seconds,
            deaths=self._deaths,
            decode_steps=counted.decode_steps,
            decoded_tokens=counted.decoded_tokens,
            preemptions=counted.preemptions,
            evictions=counted.evictions,
        )

    async def load(self) -> ModelInfo:
        """Start the worker, if it does not run; ModelLoadError says why it cannot."""
        if self._closed:
            raise WorkerDied("azrun is shutting down")
        if self._process is not None and self.info is not None:
            return self.info
        return await asyncio.shield(self._start())

    async def generate(self, request: GenerateRequest) -> AsyncGenerator[Chunk, None]:
        ticket = self._admit(Generation(Generate(next(self._ids), request)))
        try:
            await self._send(ticket)
            while (item := await ticket.out.get()) is not None:
                if isinstance(item, InferenceError):
                    raise item
                yield item
        finally:
            self._leave(ticket)

    async def embed(self, request: EmbedRequest) -> Embeddings:
        answer = await self._measure(Embed(next(self._ids), request))
        assert isinstance(answer, Embeddings)
        if request.dimensions is None:
            return answer
        pads = self.info is not None and self.info.stand_in
        return Embeddings(
            tuple(resized(vector, request.dimensions, pads) for vector in answer.vectors),
            answer.usage,
            answer.doubts,
        )

    async def rerank(self, request: RerankRequest) -> Scores:
        answer = await self._measure(Rerank(next(self._ids), request))
        assert isinstance(answer, Scores)
        return answer

    async def unload(self) -> None:
        """End the worker, unless it has something to do; the next request starts another."""
        if self._process is not None and self._listening is not None and not self._tickets:
            await self._process.stop()
            await asyncio.wait([self._listening])

    async def close(self) -> None:
        """End the worker; what waits or runs fails."""
        self._closed = True
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.wait([self._starting])
        if self._process is not None:
            await self._process.stop()
        if self._listening is not None:
            await self._listening
        for ticket in list(self._tickets.values()):
            self._end(ticket, WorkerDied("azrun is shutting down"))

    # Requests.

    def _admit(self, ticket: TicketT) -> TicketT:
        if self._closed:
            raise WorkerDied("azrun is shutting down")
        if len(self._tickets) >= self._longest + (self.info.slots if self.info else 1):
            raise TooManyRequests(
                f"{self._longest} requests wait for this model already", "Try again later."
            )
        self._tickets[ticket.id] = ticket
        return ticket

    async def _send(self, ticket: Ticket) -> None:
        info = await self.load()
        if self._process is None:
            raise WorkerDied("the model worker died before it could answer", "Try again.")
        if isinstance(ticket, Generation):
            ticket.dialect = info.dialect
        ticket.sent = True
        try:
            self._process.send(ticket.job)
        except ValueError as error:  # half of a surrogate pair
            raise InvalidRequest("a text is not valid Unicode", "Send whole characters.") from error

    async def _measure(self, job: Embed | Rerank) -> Embeddings | Scores:
        ticket = self._admit(Measurement(job))
        try:
            await self._send(ticket)
            return await ticket.result
        finally:
            self._leave(ticket)

    def _leave(self, ticket: Ticket) -> None:
        """Nobody listens to this one any more."""
        if self._tickets.pop(ticket.id, None) and ticket.sent and self._process is not None:
            self._process.send(Cancel(ticket.id))

    def _end(self, ticket: Ticket, error: InferenceError | None = None) -> None:
        self._tickets.pop(ticket.id, None)
        ticket.end(error)

    # The worker.

    def _start(self) -> asyncio.Task[ModelInfo]:
        if self._starting is None:
            self._starting = asyncio.create_task(self._load(), name="model load")
            self._starting.add_done_callback(self._started)
        return self._starting

    def _started(self, task: asyncio.Task[ModelInfo]) -> None:
        self._starting = None
        if not task.cancelled():
            task.exception()  # whoever waits hears of it; if nobody does, the next request will

    async def _load(self) -> ModelInfo:
        self._process, self.info = await self._loader.load()
        self._listening = asyncio.create_task(self._listen(self._process), name="worker events")
        return self.info

    async def _listen(self, process: WorkerProcess) -> None:
        """Until the worker ends, whatever ends it."""
        try:
            process.hand_on(self._take)
            await process.over()
        except ValueError as error:
            reason = f"it broke its protocol: {error}"
        else:
            reason = await process.ended()
        self._process = None
        if not process.asked_to_end:
            self._deaths += 1
        self._counted_before = self._counted_before + self._counted
        self._counted = NOTHING
        await process.stop()
        self._bury(
            WorkerDied(
                f"the model worker died ({reason}) while it answered;"
                " it is started again with the next request"
            )
        )

    def _bury(self, error: WorkerDied) -> None:
        """After a worker's end: who only waited gets one more."""
        again = []
        for ticket in [ticket for ticket in self._tickets.values() if ticket.sent]:
            if ticket.begun or ticket.moved or self._closed:
                self._end(ticket, error)
            else:
                ticket.moved = True
                again.append(ticket)
        if again:
            self._start().add_done_callback(lambda task: self._move(again, task))

    def _move(self, tickets: list[Ticket], task: asyncio.Task[ModelInfo]) -> None:
        failure = WorkerDied("azrun is shutting down") if task.cancelled() else task.exception()
        for ticket in tickets:
            if ticket.id not in self._tickets:
                continue
            if failure is not None or self._process is None:
                died = WorkerDied("the model worker died, and no other could be started")
                self._end(ticket, failure if isinstance(failure, InferenceError) else died)
            else:
                self._process.send(ticket.job)

    def _take(self, event: Event) -> None:
        if isinstance(event, Pieces):
            for piece in event.pieces:
                ticket = self._tickets.get(piece.id)
                if isinstance(ticket, Generation):
                    ticket.take(piece)
        elif isinstance(event, Counted):
            self._counted = event
        elif isinstance(event, Loading | Loaded | LoadFailed):
            raise ValueError(f"an unexpected {event.type!r}")
        elif (ticket := self._tickets.get(event.id)) is not None:  # else it has left
            self._answer(ticket, event)

    def _answer(self, ticket: Ticket, event: Event) -> None:
        if isinstance(event, Started):
            ticket.started(event)
        elif isinstance(event, Begun) and isinstance(ticket, Generation):
            ticket.began(event)
        elif isinstance(event, Vectors | Scored) and isinstance(ticket, Measurement):
            ticket.take(event)
            self._tickets.pop(ticket.id)
        elif isinstance(event, Failed):
            self._end(ticket, _ERRORS[event.kind](event.message, event.hint))
        else:
            self._end(ticket)
