"""Where an answer works: the longest prefix that some sequence has read already."""

from __future__ import annotations

from itertools import count

import numpy as np

from azrun.inference.worker.engine.answer import Answer
from azrun.inference.worker.engine.context import Context
from azrun.inference.worker.engine.prefixes import SHORTEST, Prefixes
from azrun.inference.worker.engine.slots import Slot, common, whole

MARGIN = 16  # cells for each answer to grow before it may turn another one out


class Sequences:
    """The slots of a context.

    With `reuse` off, or a model whose memory cannot be cut, only a sequence that is a prefix as
    a whole is used again.
    """

    def __init__(self, context: Context, prefixes: Prefixes) -> None:
        self._context, self._prefixes = context, prefixes
        self._cuts = not context.model.remembers_states
        self._slots = [Slot(number) for number in range(context.shape.sequences)]
        self._clock = count(1)
        self.working: list[Slot] = []
        self.evictions = 0

    def place(self, answer: Answer) -> Slot | None:
        """A slot that has read as much as possible of the answer's ids; None while there is no
        slot, or no room. At least one id is left to read: its logits are wanted."""
        idle = [slot for slot in self._slots if slot.answer is None]
        if not idle:
            return None
        source, same = self._best(answer)
        if self.working and not self._fits(answer, same):
            return None
        kept, key = self._prefixes.longest(answer.ids[: answer.length - 1])
        oldest = min(idle, key=self._worth)
        if key is not None and kept > same + SHORTEST and self._restore(oldest, key):
            slot, same = oldest, kept if self._cuts else oldest.read
        elif source is not None and (source is oldest or self._cut_costs_little(source, same)):
            slot = source
            if 2 * same < slot.read:
                self._keep(slot)
        else:
            slot = oldest
            same = self._copy(source, slot, same) if source is not None else self._empty(slot)
        self._take(slot, answer, same)
        return slot

    def leave(self, slot: Slot, forget: bool = False) -> None:
        """Its answer is over; what it read stays, unless it should not."""
        if slot.answer is not None:
            self.working.remove(slot)
            slot.answer, slot.used = None, next(self._clock)
        if forget:
            self.clear(slot)

    def turn(self, slot: Slot) -> None:
        """Its answer has gone on to another prompt, of which nothing is read."""
        assert slot.answer is not None
        self._context.cut(slot.sequence)
        slot.ids, slot.positions = slot.answer.ids, slot.answer.positions
        slot.read = slot.borrowed = 0

    def evict(self) -> bool:
        """Make room: the idle slot that was longest without work; False where there is none."""
        idle = [slot for slot in self._slots if slot.answer is None and slot.read]
        if not idle:
            return False
        self._empty(min(idle, key=lambda slot: slot.used))
        self.evictions += 1
        return True

    def clear(self, slot: Slot) -> None:
        self._context.cut(slot.sequence)
        slot.clear()

    def forget(self) -> None:
        """Nothing of the context is certain any more."""
        self._context.forget()
        for slot in self._slots:
            slot.clear()

    def _worth(self, slot: Slot) -> tuple[bool, int] | int:
        """The least is the first to be given to another: an empty one, then the one longest
        without work. Where each has cells of its own, the first of all: llama.cpp computes
        neighbours together, and host memory keeps what they had read."""
        return (slot.read > 0, slot.used) if self._context.shape.unified else slot.sequence

    def _best(self, answer: Answer) -> tuple[Slot | None, int]:
        ids = answer.ids[: answer.length - 1]
        best, found = 0, None
        for slot in self._slots:
            same = common(slot.ids[: slot.read], ids)
            if not self._cuts and (same < slot.read or slot.answer is not None):
                continue
            same = whole(same, answer.ids[: answer.length])
            if same > best or (same == best and found and found.answer and not slot.answer):
                best, found = same, slot
        return found, best

    def _fits(self, answer: Answer, same: int) -> bool:
        if not self._context.shape.unified:
            return True
        used = sum(
            max(slot.read, slot.answer.length if slot.answer else 0) - slot.borrowed
            for slot in self.working
        )
        needed = answer.length - same + MARGIN * (len(self.working) + 1)
        return used + needed <= self._context.shape.cells

    def _cut_costs_little(self, source: Slot, same: int) -> bool:
        """Whether an idle source is cut itself, rather than copied and kept."""
        return source.answer is None and (not self._cuts or 2 * same >= source.read)

    def _copy(self, source: Slot, target: Slot, same: int) -> int:
        """How much of `source` is now in `target` too."""
        self._empty(target)
        if self._context.shape.unified:
            self._context.share(source.sequence, target.sequence, int(source.positions[same]))
            target.borrowed = same
        elif same < SHORTEST or not self._load(target, self._context.save(source.sequence)):
            return 0
        target.ids, target.positions, target.read = source.ids, source.positions, same
        return same

    def _restore(self, slot: Slot, key: int) -> bool:
        kept = self._prefixes.get(key)
        self._empty(slot)
        if not self._load(slot, kept.data):
            return False
        slot.ids, slot.positions, slot.read = kept.ids, kept.positions, len(kept.ids)
        return True

    def _load(self, slot: Slot, data: np.ndarray) -> bool:
        while not self._context.restore(slot.sequence, data):
            if not self.evict():
                return False
        return True

    def _empty(self, slot: Slot) -> int:
        """Nothing is left of what it read, but in host memory."""
        self._keep(slot)
        self.clear(slot)
        return 0

    def _keep(self, slot: Slot) -> None:
        """A copy in host memory, where that is worth its while."""
        ids = slot.ids[: slot.read]
        if slot.read >= SHORTEST and int(ids.min()) >= 0:
            size = self._context.saved_size(slot.sequence)
            if self._prefixes.takes(size):
                data = self._context.save(slot.sequence)
                self._prefixes.put(ids, slot.positions[: slot.read], data)

    def _take(self, slot: Slot, answer: Answer, same: int) -> None:
        if same < slot.read or not self._context.shape.unified:
            at = int(answer.positions[same])
            if not self._context.cut(slot.sequence, at):
                self.clear(slot)
                same = 0
        slot.ids, slot.positions, slot.read = answer.ids, answer.positions, same
        slot.borrowed = min(slot.borrowed, same)
        slot.answer, slot.used = answer, next(self._clock)
        self.working.append(slot)
