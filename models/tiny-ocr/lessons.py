"""What the training shows, and when: few fonts and short lines first, all of them soon."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context

import fonts
import numpy as np
from pages import Grids, training_chunk
from text import LONGEST

PART, PARTS = 512, 8
PAIRS = PART * PARTS
"""Strips in one lesson."""

Pairs = tuple[Grids, list[str]]


@dataclass(frozen=True)
class Lesson:
    """The fonts and the longest line of one lesson."""

    fonts: tuple[str, ...]
    longest: int

    @classmethod
    def of(cls, index: int) -> Lesson:
        if index < 3:
            return cls(fonts.FIRST, 8)
        if index < 8:
            return cls(fonts.FIRST + fonts.SECOND, 24)
        return cls(fonts.TRAINING, LONGEST)


def lessons(seed: int, first: int, workers: int) -> Iterator[Pairs]:
    """The lessons from the one numbered `first` on, each printed while the last is learned."""
    start = partial(ProcessPoolExecutor, initializer=os.nice, initargs=(5,))
    with start(workers, get_context("spawn")) as pool:
        ahead = _printing(pool, seed, first)
        for following in itertools.count(first + 1):
            parts = [part.result() for part in ahead]
            ahead = _printing(pool, seed, following)
            lines = itertools.chain.from_iterable(lines for _, lines in parts)
            yield np.concatenate([grids for grids, _ in parts]), list(lines)


def _printing(pool: ProcessPoolExecutor, seed: int, index: int) -> list[Future[Pairs]]:
    lesson = Lesson.of(index)
    return [
        pool.submit(
            training_chunk, f"training {seed} {index} {part}", PART, lesson.fonts, lesson.longest
        )
        for part in range(PARTS)
    ]
