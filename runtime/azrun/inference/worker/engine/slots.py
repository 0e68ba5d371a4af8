"""The sequences of a context, and what each of them has read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from azrun.inference.worker.engine.prompt import Ids

if TYPE_CHECKING:
    from azrun.inference.worker.engine.answer import Answer

NOTHING = np.empty(0, np.int32)


@dataclass(slots=True)
class Slot:
    """One sequence: `ids[:read]` are in the context, at `positions`. An answer works in it, or
    it is idle and keeps what it has read for who asks the same again.

    `borrowed` of the read ids share their cells with another slot; `used` is when it was last,
    `written` the step in which its answer last grew.
    """

    sequence: int
    ids: Ids = field(default_factory=lambda: NOTHING)
    positions: Ids = field(default_factory=lambda: NOTHING)
    read: int = 0
    borrowed: int = 0
    used: int = 0
    written: int = 0
    answer: Answer | None = None

    @property
    def todo(self) -> int:
        """Ids that its answer has and the context has not; 1 while it generates."""
        return self.answer.length - self.read if self.answer is not None else 0

    def clear(self) -> None:
        self.ids = self.positions = NOTHING
        self.read = self.borrowed = 0


def common(one: Ids, other: Ids) -> int:
    """How many leading ids are the same."""
    shorter = min(len(one), len(other))
    differing = np.flatnonzero(one[:shorter] != other[:shorter])
    return int(differing[0]) if len(differing) else shorter


def whole(length: int, ids: Ids) -> int:
    """The same length, or less: a prefix must not end inside an image."""
    while 0 < length < len(ids) and ids[length] < 0 and ids[length - 1] < 0:
        length -= 1
    return length
