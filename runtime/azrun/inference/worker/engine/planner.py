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
        slots = [slot for slot in working if _of(slot).prompt.picture_at(slot.read) is None]
        reading = sorted((slot for slot in slots if slot.todo > 1), key=lambda slot: slot.todo)
        guesses = self._write([slot for slot in slots if slot.todo == 1], alone=not reading)
        counts = dict.fromkeys(guesses, 1) | self._read(reading, guesses)
        self._context.start()
        # llama.cpp computes neighbours together where each sequence has cells of its own.
        return [
            self._add(slot, counts[slot.sequence], guesses.get(slot.sequence, ()))
            for slot in sorted(slots, key=lambda slot: slot.sequence)
            if slot.sequence in counts
        ]

    def took(self, parts: list[Part], seconds: float) -> None:
        """How long the decode of these was."""
        if self._context.rows == self._context.outputs == len(parts):
            self._pace.took(len(parts), seconds)
        elif self._context.rows > self._context.outputs:
            self._pace.read(self._context.rows, seconds)

    def _write(self, writing: list[Slot], alone: bool) -> dict[int, Sequence[int]]:
        """Whose turn it is, and what may follow their next token, by sequence."""
        self._turn += 1
        writing.sort(key=lambda slot: slot.written)
        if alone:
            writing = writing[: self._pace.together(len(writing))]
        for slot in writing:
            slot.written = self._turn
        guesses = self._draft.guess(writing) if self._draft else {}
        return {
            slot.sequence: tuple(guesses.get(slot.sequence, ())[: _of(slot).room])
            for slot in writing
        }

    def _read(self, reading: list[Slot], writing: dict[int, Sequence[int]]) -> dict[int, int]:
        """How many ids each reads, by sequence."""
        budget = self._context.shape.batch - sum(1 + len(found) for found in writing.values())
        if writing:
            budget = min(budget, self._pace.piece)
        counts = {}
        for index, slot in enumerate(reading):
            fair = budget // (len(reading) - index)
            until = _of(slot).prompt.text_until(slot.read) - slot.read
            count = min(slot.todo, until, fair)
            if count > 0:
                counts[slot.sequence] = count
                budget -= count
        return counts

    def _add(self, slot: Slot, count: int, guesses: Sequence[int] = ()) -> Part:
        answer, start, end = _of(slot), slot.read, slot.read + count
        wanted = 1 + len(guesses) if count == slot.todo else 0
        ids, positions = answer.ids[start:end], answer.positions[start:end]
        if guesses:
            after = int(positions[-1]) + 1
            ids = np.append(ids, guesses)
            positions = np.append(positions, np.arange(after, after + len(guesses)))
        output = self._context.add(slot.sequence, ids, positions, wanted)
        return Part(slot, count, output if wanted else None, tuple(guesses))


def _of(slot: Slot) -> Answer:
    assert slot.answer is not None
    return slot.answer
