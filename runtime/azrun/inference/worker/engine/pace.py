"""How much to put into one decode, learnt from how long decodes take."""

from __future__ import annotations

from collections import defaultdict, deque
from statistics import median

SAMPLES = 5
KNOWN = 3  # samples that make a habit
CLEARLY = 0.9  # of the time: less is not worth a change
AGAIN = 128  # decisions after which the other way is tried once more
WAIT = 0.25  # seconds: what those who write may wait for a piece of a prompt
PIECE = 256  # ids of prompts that are worth a decode, however long it takes


class Pace:
    """How many answers write in the next decode, and how much is read of prompts meanwhile.

    On a processor two or four rows at once may take longer than one after the other: llama.cpp
    multiplies a matrix by one row in another way than by a few. With more rows, or on a GPU, one
    decode for all wins. Which it is depends on the machine and the model, so it is measured.
    """

    def __init__(self) -> None:
        self._seconds: dict[int, deque[float]] = defaultdict(lambda: deque(maxlen=SAMPLES))
        self._reading: deque[float] = deque(maxlen=SAMPLES)
        self._decisions = 0

    def took(self, rows: int, seconds: float) -> None:
        """A decode of `rows` answers' next tokens, and nothing else."""
        self._seconds[rows].append(seconds)

    def read(self, rows: int, seconds: float) -> None:
        """A decode of `rows`, most of them pieces of prompts."""
        if rows >= PIECE:
            self._reading.append(rows / seconds)

    @property
    def piece(self) -> int:
        """How many ids of prompts to read while anybody writes: on a GPU more than here."""
        if len(self._reading) < KNOWN:
            return PIECE
        return max(PIECE, int(median(self._reading) * WAIT))

    def together(self, count: int) -> int:
        """How many of `count` answers to write in the next decode: all, or one."""
        if count < 2:
            return count
        whole, alone = self._typical(count), self._typical(1)
        if whole is None:
            return count
        if alone is None:
            return 1
        one_by_one = alone * count < whole * CLEARLY
        self._decisions += 1
        if self._decisions % AGAIN == 0:
            one_by_one = not one_by_one
        return 1 if one_by_one else count

    def _typical(self, rows: int) -> float | None:
        seconds = self._seconds.get(rows, ())
        return median(seconds) if len(seconds) >= KNOWN else None
