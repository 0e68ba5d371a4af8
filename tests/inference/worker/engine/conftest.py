from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import llama_cpp as lib
import pytest

from azrun.inference.protocol import Begun, Counted, Done, Event, Failed, Piece, Pieces
from azrun.inference.types import GenerateRequest, Message
from azrun.inference.worker.engine.context import Context, Shape
from azrun.inference.worker.engine.draft import DEPTH, Draft
from azrun.inference.worker.engine.prefixes import Prefixes
from azrun.inference.worker.engine.scheduler import Scheduler
from azrun.inference.worker.engine.shape import drafting
from azrun.inference.worker.logs import Logs
from azrun.inference.worker.model import Model
from azrun.inference.worker.requests.chat import Chat


class Engine:
    """A scheduler over one model, stepped by hand, and what it sent."""

    def __init__(
        self, model: Model, shape: Shape, budget: int = 0, draft: Model | None = None
    ) -> None:
        self.context = Context(model, shape)
        self.chat = Chat(model, None, self.context.window)
        self.events: list[Event] = []
        self.rows: list[int] = []
        self.cancelled: set[int] = set()
        self.ended: list[int] = []
        self.small = Context(draft, drafting(shape)) if draft else None
        self.scheduler = Scheduler(
            self.context, None, Prefixes(budget), self.events.append, self.ended.append,
            Draft(self.small) if self.small else None,
        )  # fmt: skip
        self._ids = count(1)

    def put(self, text: str, **options: object) -> int:
        options.setdefault("temperature", 0.0)
        request = GenerateRequest((Message("user", text),), **options)  # type: ignore[arg-type]
        id = next(self._ids)
        work = self.chat.prepare(id, request, self.cancelled.__contains__).work
        self.scheduler.put(work)
        return id

    def step(self) -> None:
        self.scheduler.step()
        self.rows.append(self.context.rows)

    def run(self) -> None:
        while self.scheduler.busy:
            self.step()

    def say(self, text: str, **options: object) -> str:
        """One request from start to end."""
        id = self.put(text, **options)
        self.run()
        return self.text(id)

    def length(self, text: str) -> int:
        """A prompt's tokens."""
        request = GenerateRequest((Message("user", text),))
        return len(self.chat.prepare(0, request, bool).work.prompts[0])

    def pieces(self, id: int, answer: int = 0) -> list[Piece]:
        pieces = [p for event in self.events if isinstance(event, Pieces) for p in event.pieces]
        return [piece for piece in pieces if (piece.id, piece.answer) == (id, answer)]

    def text(self, id: int, answer: int = 0) -> str:
        """What a request's answer says so far."""
        return "".join(piece.text for piece in self.pieces(id, answer))

    def made(self, id: int) -> int:
        """Its tokens so far."""
        return max((piece.tokens for piece in self.pieces(id)), default=0)

    def cached(self, id: int) -> int:
        return next(e.cached_tokens for e in self.events if isinstance(e, Begun) and e.id == id)

    def end(self, id: int) -> Done | Failed | None:
        return next((e for e in self.events if isinstance(e, Done | Failed) and e.id == id), None)

    def finish(self, id: int) -> str | None:
        return self.pieces(id)[-1].finish_reason if self.pieces(id) else None

    @property
    def counted(self) -> Counted:
        return [event for event in self.events if isinstance(event, Counted)][-1]


MakeEngine = Callable[..., Engine]


@pytest.fixture(scope="session")
def model(thinks: Path) -> Iterator[Model]:
    lib.llama_backend_init()
    model = Model(thinks, Logs())
    yield model
    model.close()


@pytest.fixture
def engine(model: Model) -> Iterator[MakeEngine]:
    """Makes engines of the random model, and frees them."""
    made: list[Engine] = []

    def make(
        slots: int = 4,
        cells: int = 2048,
        budget: int = 0,
        draft: Model | None = None,
        **shape: object,
    ) -> Engine:
        outputs = slots * (1 + DEPTH) if draft else slots
        values = {"batch": 256, "outputs": outputs, "threads": 1} | shape
        one = Engine(model, Shape(cells, slots, **values), budget, draft)  # type: ignore[arg-type]
        made.append(one)
        return one

    yield make
    for one in made:
        one.context.close()
        if one.small:
            one.small.close()
