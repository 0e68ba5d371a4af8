"""Noticing that an answer says the same over and over."""

from __future__ import annotations

import numpy as np

LEAST, TIMES, LONGEST = 96, 12, 64
"""In tokens: how long a repetition must be, how often the same must have come, and how long the
same may be. A ruled line, a column of zeros and eight equal lines of text are shorter."""


class Repetition:
    """The end of one answer, compared with itself."""

    def __init__(self) -> None:
        self._last = np.full(LONGEST, -1, np.int32)  # tokens, the latest first
        self._same = np.zeros(LONGEST, np.int32)  # in a row equal to those 1, 2, … before them
        apart = np.arange(1, LONGEST + 1)
        self._most = np.maximum(LEAST, TIMES * apart) - apart

    def endless(self, token: int) -> bool:
        """Takes the answer's next token; whether it has gone round for too long."""
        self._same = (self._same + 1) * (self._last == token)
        self._last[1:] = self._last[:-1]
        self._last[0] = token
        return bool((self._same >= self._most).any())
