"""Which request gets which part of the next decode."""

from __future__ import annotations

import time
import traceback
from collections import deque
from collections.abc import Callable

from azrun.inference.errors import InvalidRequest
from azrun.inference.protocol import Begun, Counted, Done, Event, Failed, Piece, Pieces
from azrun.inference.worker.engine.answer import Answer, Work
from azrun.inference.worker.engine.context import ABORTED, DECODED, NO_ROOM, Context, Floats
from azrun.inference.worker.engine.draft import Draft
from azrun.inference.worker.engine.planner import Part, Planner
from azrun.inference.worker.engine.prefixes import Prefixes
from azrun.inference.worker.engine.sampler import Defaults, NotNumbers
from azrun.inference.worker.engine.sequences import Sequences
from azrun.inference.worker.engine.slots import Slot
from azrun.inference.worker.vision import Vision

NOT_NUMBERS = "the model computes numbers that are none (NaN)"


class Scheduler:
    """Answers everything that was put into it, many at once: continuous batching.

    Each step decodes one token for every answer that writes, then prompts, a part at a time.
    What comes of it goes to `send`; `ended` hears of each request once nothing of it is left.
    """

    def __init__(
        self,
        context: Context,
        vision: Vision | None,
        prefixes: Prefixes,
        send: Callable[[Event], None],
        ended: Callable[[int], None],
        draft: Draft | None = None,
    ) -> None:
        self._context, self._vision = context, vision
        self._planner = Planner(context, draft)
        self._send, self._ended = send, ended
        self._sequences = Sequences(context, prefixes)
        self._defaults = Defaults.from_metadata(context.model.metadata)
        self._waiting: deque[Answer] = deque()
        self._pieces: list[Piece] = []
        self._ends: list[Done | Failed] = []
        self._crowded = False
        self._steps = self._tokens = self._preemptions = 0
        self._counted = (0, 0, 0, 0)
        context.interrupt_when(self._nobody_waits)

    @property
    def busy(self) -> bool:
        return bool(self._waiting) or bool(self._sequences.working)

    def put(self, work: Work) -> None:
        """A request whose prompt fits. Its first answer reads the prompt for all of them."""
        self._waiting.append(self._answer(work, 0))

    def step(self) -> None:
        """One decode, and what comes of it."""
        self._drop()
        self._admit()
        try:
            if self._look():
                self._decode()
        except Exception as error:  # what is left of the context is not known: all begin again
            traceback.print_exc()
            self._fail_working(f"{type(error).__name__}: {error}")
        self._flush()

    def _answer(self, work: Work, index: int) -> Answer:
        context = self._context
        return Answer(work, index, context.model, self._defaults, context.window)

    # Who is in.

    def _admit(self) -> None:
        while self._waiting and not self._crowded:
            slot = self._sequences.place(self._waiting[0])
            if slot is None:
                return
            work = self._waiting.popleft().work
            if not work.begun:
                work.begun = True
                self._send(Begun(work.id, slot.read))

    def _drop(self) -> None:
        """Let go of what nobody waits for."""
        for slot in list(self._sequences.working):
            if _of(slot).work.dropped:
                self._end(slot)
        for answer in [answer for answer in self._waiting if answer.work.dropped]:
            self._waiting.remove(answer)
            self._finish(answer)

    def _nobody_waits(self) -> bool:
        return all(_of(slot).work.dropped for slot in self._sequences.working)

    # One step.

    def _look(self) -> bool:
        """Decode an image, where an answer has come to one; False where there was no room."""
        for slot in self._sequences.working:
            answer = _of(slot)
            picture = answer.prompt.picture_at(slot.read)
            if picture is None or self._vision is None:
                continue
            position = int(answer.positions[slot.read])
            code = self._vision.decode(self._context, picture, position, slot.sequence)
            self._steps += 1
            if code != DECODED:
                self._context.cut(slot.sequence, position)
                self._recover(code)
                return False
            slot.read = picture.end
            break  # one in a step: the others write on
        return True

    def _decode(self) -> None:
        parts = self._planner.fill(self._sequences.working)
        if not parts:
            return
        began = time.perf_counter()
        code = self._context.decode()
        self._steps += 1
        if code != DECODED:
            self._recover(code)
            return
        self._tokens += self._context.rows
        self._planner.took(parts, time.perf_counter() - began)
        for part in parts:
            part.slot.read += part.count
        logits = self._context.logits() if self._context.outputs else None
        for part in parts:
            if part.output is not None and logits is not None:
                self._go_on(part, part.output, logits)

    def _go_on(self, part: Part, output: int, logits: Floats) -> None:
        """Choose the next token, and as many more as were guessed rightly."""
        slot, answer = part.slot, _of(part.slot)
        for number, guess in enumerate((*part.guesses, None)):
            token = self._choose(slot, output + number, logits[output + number])
            if token is None or token != guess or slot.answer is not answer:
                break
            slot.read += 1
        if part.guesses:
            end = int(slot.positions[slot.read - 1]) + 1
            self._context.cut(slot.sequence, end)

    def _choose(self, slot: Slot, output: int, row: Floats) -> int | None:
        """The token that was chosen; None where there is none to choose."""
        answer = _of(slot)
        work = answer.work
        if work.made == 0 and answer.index == 0:
            self._branch(work)
        raw = None if work.request.logprobs is None else row.copy()
        try:
            token = answer.sampler.choose(self._context, output, row)
        except NotNumbers:
            self._fail(work, Failed(work.id, "internal", NOT_NUMBERS))
            return None
        except InvalidRequest as error:  # a grammar that turns out to be too large
            self._fail(work, Failed(work.id, "invalid", error.message, error.hint))
            return None
        piece = answer.take(token, raw)
        if piece is not None:
            self._pieces.append(piece)
            if piece.finish_reason is not None:
                self._end(slot)
        if answer.turned:
            self._sequences.turn(slot)
        return token

    def _branch(self, work: Work) -> None:
        """The prompt is read: the request's other answers come next, and share it."""
        for index in range(work.request.n - 1, 0, -1):
            self._waiting.appendleft(self._answer(work, index))

    # What goes wrong.

    def _recover(self, code: int) -> None:
        """After a decode that did not happen. Idle prefixes make room first, then the youngest
        request, which later goes on where it stopped."""
        working = self._sequences.working
        if code == ABORTED:
            for slot in working:
                self._sequences.clear(slot)
            return
        if code != NO_ROOM:
            raise RuntimeError(f"llama_decode answered {code}")
        if self._sequences.evict():
            return
        if len(working) == 1:
            raise RuntimeError("the context has no room for one request")
        youngest = max(working, key=lambda slot: _of(slot).work.id)
        self._waiting.appendleft(_of(youngest))
        self._sequences.leave(youngest, forget=True)
        self._preemptions += 1
        self._crowded = True  # until somebody ends: it would only be turned out again

    def _fail(self, work: Work, failed: Failed) -> None:
        """Its answers leave with the next step."""
        if not work.failed:
            work.failed = True
            self._ends.append(failed)

    def _fail_working(self, message: str) -> None:
        for slot in self._sequences.working:
            work = _of(slot).work
            self._fail(work, Failed(work.id, "internal", message))
        self._drop()
        self._sequences.forget()

    # Who is out.

    def _end(self, slot: Slot) -> None:
        answer = _of(slot)
        self._sequences.leave(slot)
        self._crowded = False
        self._finish(answer)

    def _finish(self, answer: Answer) -> None:
        answer.close()
        work = answer.work
        work.left -= 1
        if work.left:
            return
        work.close()
        self._ended(work.id)
        if not work.failed:
            self._ends.append(Done(work.id))

    def _flush(self) -> None:
        if self._pieces:
            self._send(Pieces(self._pieces))
            self._pieces = []
        counted = (self._steps, self._tokens, self._preemptions, self._sequences.evictions)
        if self._ends and counted != self._counted:
            self._counted = counted
            self._send(Counted(*counted))
        for end in self._ends:
            self._send(end)
        self._ends = []


def _of(slot: Slot) -> Answer:
    assert slot.answer is not None
    return slot.answer
