"""Guessing ahead with a small model, so that the large one checks several tokens in one decode."""

from __future__ import annotations

import numpy as np

from azrun.inference.errors import ModelLoadError
from azrun.inference.worker.engine.answer import Answer
from azrun.inference.worker.engine.context import DECODED, Context
from azrun.inference.worker.engine.slots import NOTHING, Slot, common
from azrun.inference.worker.model import Model

DEPTH = 5  # tokens guessed at most
SURE = 0.5  # probability below which a guess is not worth its check
FEW = 4  # slots that generate: with more, a decode is full without guesses
PROBES = 64  # tokens whose text is compared


class Draft:
    """A draft model's own sequences, one for each slot of the large model."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._ids = [NOTHING] * context.shape.sequences

    def guess(self, slots: list[Slot]) -> dict[int, list[int]]:
        """What may follow in each of these slots, by its sequence.

        A slot whose text the draft has not read yet is read a part further, and gets no guess
        before all of it is.
        """
        if len(slots) > FEW:
            return {}
        slots = [slot for slot in slots if self._meets(slot)]
        self._catch_up([slot for slot in slots if self._behind(slot) > 1])
        last = {
            slot.sequence: int(_answer(slot).ids[_answer(slot).length - 1])
            for slot in slots
            if self._behind(slot) == 1
        }
        guesses: dict[int, list[int]] = {sequence: [] for sequence in last}
        for _ in range(DEPTH):
            last = self._next(last)
            for sequence, token in last.items():
                guesses[sequence].append(token)
            if not last:
                break
        return guesses

    def _meets(self, slot: Slot) -> bool:
        """Brings the slot's sequence back to what the answer has; False where that holds
        images, which the draft does not see."""
        answer = _answer(slot)
        if answer.prompt.pictures:
            return False
        sequence = slot.sequence
        same = common(self._ids[sequence], answer.ids[: answer.length - 1])
        if same < len(self._ids[sequence]):
            if not self._context.cut(sequence, same):
                self._context.cut(sequence)
                same = 0
            self._ids[sequence] = self._ids[sequence][:same]
        return True

    def _behind(self, slot: Slot) -> int:
        """How many of its answer's ids the draft has not read."""
        return _answer(slot).length - len(self._ids[slot.sequence])

    def _catch_up(self, slots: list[Slot]) -> None:
        context = self._context
        context.start()
        for slot in slots:
            answer, start = _answer(slot), len(self._ids[slot.sequence])
            end = min(answer.length - 1, start + context.shape.batch - context.rows)
            if end > start:
                ids = answer.ids[start:end]
                context.add(slot.sequence, ids, np.arange(start, end), 0)
                self._ids[slot.sequence] = answer.ids[:end].copy()
        if context.rows and context.decode() != DECODED:
            self._forget()

    def _next(self, last: dict[int, int]) -> dict[int, int]:
        """Reads one token of each sequence; what surely follows it."""
        context = self._context
        context.start()
        for sequence, token in last.items():
            position = len(self._ids[sequence])
            context.add(sequence, [token], [position])
            self._ids[sequence] = np.append(self._ids[sequence], np.int32(token))
        if not context.rows:
            return {}
        if context.decode() != DECODED:
            self._forget()
            return {}
        logits = context.logits()
        best = logits.argmax(axis=1)
        sure = np.exp(logits - logits.max(axis=1, keepdims=True)).sum(axis=1) < 1 / SURE
        return {s: int(best[row]) for row, s in enumerate(last) if sure[row]}

    def _forget(self) -> None:
        self._context.forget()
        self._ids = [NOTHING] * len(self._ids)


def check(draft: Model, model: Model) -> None:
    """ModelLoadError where the two do not speak of the same tokens."""
    shared = min(draft.n_vocab, model.n_vocab)
    probes = np.linspace(0, shared - 1, PROBES, dtype=int)
    if abs(draft.n_vocab - model.n_vocab) > 128 or any(
        draft.bytes_of(int(token), True) != model.bytes_of(int(token), True) for token in probes
    ):
        raise ModelLoadError(f"{draft.gguf}: a draft must have the vocabulary of {model.gguf}")


def _answer(slot: Slot) -> Answer:
    assert slot.answer is not None
    return slot.answer
