"""A request on its way through a worker, as the host sees it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from array import array

from azrun.inference import dialects
from azrun.inference.errors import InferenceError
from azrun.inference.local.confidence import Confidence
from azrun.inference.protocol import (
    Begun,
    Embed,
    Generate,
    Job,
    Logprobs,
    Piece,
    Rerank,
    Scored,
    Started,
    Vectors,
)
from azrun.inference.types import (
    Chunk,
    Doubt,
    Embeddings,
    Logprob,
    Scores,
    TokenLogprob,
    ToolCallDelta,
    Usage,
)


class Ticket(ABC):
    """One request: what was asked, and a queue of what is answered, an error or None at its end.

    `sent`: a worker has it. `begun`: that worker has taken it out of its queue; before, another
    worker may have it, once (`moved`).
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.sent = self.begun = self.moved = False
        self.prompt_tokens = 0
        self.doubts: tuple[Doubt, ...] = ()

    @property
    def id(self) -> int:
        return self.job.id

    @abstractmethod
    def end(self, error: InferenceError | None = None) -> None:
        """The last that its caller hears; without an error it is a good end."""

    def started(self, event: Started) -> None:
        self.prompt_tokens, self.doubts = event.prompt_tokens, event.doubts


class Generation(Ticket):
    """A Generate: pieces become chunks, with thoughts and tool calls told from the text."""

    def __init__(self, job: Generate) -> None:
        super().__init__(job)
        self.dialect = "plain"
        self.out: asyncio.Queue[Chunk | InferenceError | None] = asyncio.Queue()
        self._request = job.request
        self._thinking = False
        self._cached = 0
        self._readers: dict[int, dialects.Reader] = {}
        self.confidence = Confidence()

    def started(self, event: Started) -> None:
        if not self.moved:
            usage = Usage(event.prompt_tokens, 0)
            self.out.put_nowait(Chunk(0, "", usage, doubts=event.doubts))
        super().started(event)
        self._thinking = event.thinking

    def began(self, event: Begun) -> None:
        self.begun, self._cached = True, event.cached_tokens

    def take(self, piece: Piece) -> None:
        """ValueError for what this request cannot have been answered with."""
        if not 0 <= piece.answer < self._request.n:
            raise ValueError(f"answer {piece.answer} of {self._request.n}")
        usage = Usage(self.prompt_tokens, piece.tokens, self._cached)
        finish = piece.finish_reason
        text, reasoning, calls = self._read(piece)
        if finish == "stop" and self._readers[piece.answer].called:
            finish = "tool_calls"
        self.confidence.add(piece)
        doubts = self.confidence.doubts(self._request) if finish else ()
        wanted = self._request.logprobs is not None and piece.logprobs
        logprobs = tuple(map(_logprob, piece.logprobs or ())) if wanted else ()
        if text or reasoning or calls or logprobs or finish:
            self.out.put_nowait(
                Chunk(
                    piece.answer,
                    text,
                    usage,
                    finish,
                    piece.stop_reason,
                    reasoning,
                    calls,
                    logprobs,
                    doubts,
                )
            )

    def _read(self, piece: Piece) -> tuple[str, str, tuple[ToolCallDelta, ...]]:
        reader = self._readers.get(piece.answer)
        if reader is None:
            tools = dialects.schemas_of(self._request.tools)
            reader = dialects.reader(self.dialect, tools, self._thinking)
            self._readers[piece.answer] = reader
        parts = reader.feed(piece.text) if piece.text else []
        if piece.finish_reason is not None:
            parts = [*parts, *reader.finish()]
        text = "".join(part.text for part in parts if isinstance(part, dialects.Text))
        thought = "".join(part.text for part in parts if isinstance(part, dialects.Thought))
        return text, thought, tuple(part for part in parts if isinstance(part, ToolCallDelta))

    def end(self, error: InferenceError | None = None) -> None:
        self.out.put_nowait(error)


class Measurement(Ticket):
    """An Embed or a Rerank: one result."""

    def __init__(self, job: Embed | Rerank) -> None:
        super().__init__(job)
        self.result: asyncio.Future[Embeddings | Scores] = (
            asyncio.get_running_loop().create_future()
        )

    def take(self, event: Vectors | Scored) -> None:
        """ValueError for what this request cannot have been answered with."""
        usage = Usage(event.prompt_tokens, 0)
        request = self.job.request
        if isinstance(event, Scored) and isinstance(self.job, Rerank):
            expected, got = len(self.job.request.documents), len(event.scores)
            answer: Embeddings | Scores = Scores(tuple(event.scores), usage, self.doubts)
        elif isinstance(event, Vectors) and isinstance(self.job, Embed):
            vectors = _vectors(event)
            expected, got = len(self.job.request.inputs), len(vectors)
            answer = Embeddings(vectors, usage, self.doubts)
        else:
            raise ValueError(f"{event.type!r} for {type(request).__name__}")
        if expected != got:
            raise ValueError(f"{got} results for {expected}")
        if not self.result.done():
            self.result.set_result(answer)

    def end(self, error: InferenceError | None = None) -> None:
        if not self.result.done():
            if error is not None:
                self.result.set_exception(error)
            else:
                self.result.cancel()


def _vectors(event: Vectors) -> tuple[array[float], ...]:
    numbers = array("f")
    numbers.frombytes(event.data)
    width = event.width
    return tuple(numbers[start : start + width] for start in range(0, len(numbers), width))


def _logprob(one: Logprobs) -> TokenLogprob:
    return TokenLogprob(
        Logprob(one.chosen.token.encode("latin-1"), one.chosen.logprob),
        tuple(Logprob(top.token.encode("latin-1"), top.logprob) for top in one.top),
    )
