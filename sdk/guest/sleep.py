"""A `time.sleep` that the host can end: one long sleep in WASI is a call nothing interrupts."""

from __future__ import annotations

import time

STEP_SECONDS = 0.05


def install() -> None:
    """Replaces `time.sleep` by short steps, between which the host's limits hold."""
    step = time.sleep

    def sleep(seconds: float, /) -> None:
        """Blocks the whole cell; `await asyncio.sleep(…)` lets other requests go on."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            step(min(left, STEP_SECONDS))

    time.sleep = sleep
