"""Prefixes that left the context, kept in host memory within a budget."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from azrun.inference.worker.engine.prompt import Ids
from azrun.inference.worker.engine.slots import common

SHORTEST = 64  # ids: fewer are read again sooner than they are copied


@dataclass(frozen=True, slots=True)
class Kept:
    """What a sequence has read, and llama.cpp's copy of its cells."""

    ids: Ids
    positions: Ids
    data: NDArray[np.uint8]


class Prefixes:
    """The last ones that were saved; the oldest go when `budget` bytes are spent."""

    def __init__(self, budget: int) -> None:
        self._budget, self._spent = budget, 0
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self._next = 0

    def takes(self, size: int) -> bool:
        """Whether so many bytes are within the budget at all."""
        return size <= self._budget

    def longest(self, ids: Ids) -> tuple[int, int | None]:
        """How many leading ids the best one shares, and its key."""
        best, found = 0, None
        for key, kept in self._kept.items():
            if (same := common(kept.ids, ids)) > best:
                best, found = same, key
        return best, found

    def put(self, ids: Ids, positions: Ids, data: NDArray[np.uint8]) -> None:
        """Keep one; those that it begins with are of no more use."""
        for key in [k for k, kept in self._kept.items() if common(kept.ids, ids) == len(kept.ids)]:
            self._drop(key)
        self._kept[self._next] = Kept(ids.copy(), positions.copy(), data)
        self._next += 1
        self._spent += data.nbytes
        while self._spent > self._budget:
            self._drop(next(iter(self._kept)))

    def get(self, key: int) -> Kept:
        self._kept.move_to_end(key)
        return self._kept[key]

    def _drop(self, key: int) -> None:
        self._spent -= self._kept.pop(key).data.nbytes
