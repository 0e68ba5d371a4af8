"""CPU time of a cell's guest, charged to the invocations it works for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Protocol


class Account(Protocol):
    """Who pays: an invocation, or the cell itself."""

    cpu_ns: int

    @property
    def cpu_limit_ns(self) -> int: ...


class OwnAccount:
    """What the cell itself pays: the load of its function, and work that outlives its request."""

    def __init__(self, seconds: float) -> None:
        self.cpu_ns = 0
        self.cpu_limit_ns = int(seconds * 1e9)


class Meter:
    """Measures the slices between a message's coming in and the guest's next wait.

    All of it runs on the cell's own thread. A slice is shared evenly by the invocations whose
    messages started it; a timer's slice by all that are under way in the cell.
    """

    def __init__(self) -> None:
        self.payers: Sequence[Account] = ()
        self._since = 0
        self._allowed = 0

    def start(self, payers: Sequence[Account]) -> None:
        self.payers = payers
        self._allowed = max(p.cpu_limit_ns - p.cpu_ns for p in payers)
        self._since = time.thread_time_ns()

    def charge(self) -> None:
        """Charges the slice so far, so that what is sent now knows what it cost."""
        now = time.thread_time_ns()
        if self.payers:
            spent, self._since = now - self._since, now
            self._allowed -= spent
            for payer in self.payers:
                payer.cpu_ns += spent // len(self.payers)

    def stop(self) -> None:
        self.charge()
        self.payers = ()

    def exceeded(self) -> bool:
        return time.thread_time_ns() - self._since >= self._allowed
