"""What goes into the next decode."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from azrun.inference.worker.engine.answer import Answer
from azrun.inference.worker.engine.context import Context
from azrun.inference.worker.engine.draft import Draft
from azrun.inference.worker.engine.pace import Pace
from azrun.inference.worker.engine.slots import Slot

# Prompt tokens in a step while others generate: more, and they wait too long for their next one.
SHARE = 256


@dataclass(frozen=True, slots=True)
class Part:
    """What a slot has in the batch: `count` of its ids, then `guesses`; `output` is its first row
    of logits, if it has one."""

    slot: Slot
    count: int
    output: int | None
    guesses: tuple[int, ...] = ()


class Planner:
    """Fills the batch: who writes first; then who reads, the shortest first, so that each gets a
    fair share. Who has come to an image waits for its decode."""

    def __init__(self, context: Context, draft: Draft | None) -> None:
        self._context, self._draft = context, draft
        self._pace = Pace()
        self._turn = 0

    def fill(self, working: Sequence[Slot]) -> list[Part]:
        """The batch's parts; none where there is nothing to decode."""
        self._context.start()
        slots = [slot for slot in working if _of(slot).work.prompt.picture_at(slot.read) is None]
        reading = sorted((slot for slot in slots if slot.todo > 1), key=lambda slot: slot.todo)
        parts = self._write([slot for slot in slots if slot.todo == 1], alone=not reading)
        budget = self._context.shape.batch - self._context.rows
        if parts:
            budget = min(budget, SHARE)
        for index, slot in enumerate(reading):
            fair = budget // (len(reading) - index)
            until = _of(slot).work.prompt.text_until(slot.read) - slot.read
            count = min(slot.todo, until, fair)
            if count > 0:
                parts.append(self._add(slot, count))
                budget -= count
        return parts

    def took(self, parts: list[Part], seconds: float) -> None:
        """How long the decode of these was."""
        if self._context.rows == self._context.outputs == len(parts):
            self._pace.took(len(parts), seconds)

    def _write(self, writing: list[Slot], alone: bool) -> list[Part]:
        """The next token of each, or of those whose turn it is."""
        self._turn += 1
        writing.sort(key=lambda slot: slot.written)
        if alone:
            writing = writing[: self._pace.together(len(writing))]
        for slot in writing:
            slot.written = self._turn
        guesses = self._draft.guess(writing) if self._draft else {}
        return [self._add(slot, 1, guesses.get(slot.sequence, ())) for slot in writing]

    def _add(self, slot: Slot, count: int, guesses: Sequence[int] = ()) -> Part:
        answer, start, end = _of(slot), slot.read, slot.read + count
        guesses = tuple(guesses[: answer.room])
        wanted = 1 + len(guesses) if count == slot.todo else 0
        ids, positions = answer.ids[start:end], answer.positions[start:end]
        if guesses:
            after = int(positions[-1]) + 1
            ids = np.append(ids, guesses)
            positions = np.append(positions, np.arange(after, after + len(guesses)))
        output = self._context.add(slot.sequence, ids, positions, wanted)
        return Part(slot, count, output if wanted else None, guesses)


def _of(slot: Slot) -> Answer:
    assert slot.answer is not None
    return slot.answer
