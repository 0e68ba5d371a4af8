"""How far a download is: a bar on a terminal, else a line now and then."""

from __future__ import annotations

import sys
import time
from typing import TextIO

from azrun.observe.terminal import Terminal, one_line
from azrun.observe.units import size

BAR = 24
REDRAW = 0.1  # seconds
SAID_AGAIN = 10  # percent, where nobody looks


class Progress:
    """Called with a file's name, its bytes that are there, and its bytes in all."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._paint = Terminal(self._stream).paint
        self._name = ""
        self._began = self._drawn = 0.0
        self._first = self._said = 0

    def __call__(self, name: str, done: int, total: int) -> None:
        now = time.monotonic()
        if name != self._name:
            self.end()
            self._name, self._began, self._drawn = name, now, 0.0
            self._first, self._said = done, -1
            if self._live:
                self._stream.write(f"{one_line(name)}\n")
        if self._live:
            if now - self._drawn >= REDRAW or done == total:
                self._drawn = now
                self._draw(done, total, now - self._began)
        elif (percent := 100 * done // total // SAID_AGAIN * SAID_AGAIN) > self._said:
            self._said = percent
            self._stream.write(f"{one_line(name)}  {percent} % of {size(total)}\n")
            self._stream.flush()

    def end(self) -> None:
        """The next thing is written on a line of its own."""
        if self._live and self._name:
            self._stream.write("\n")
        self._name = ""

    def _draw(self, done: int, total: int, seconds: float) -> None:
        filled = BAR * done // total
        bar = self._paint("━" * filled, fg="cyan") + self._paint("━" * (BAR - filled), dim=True)
        text = f"{100 * done // total:3} %  {size(done)} of {size(total)}"
        came = done - self._first
        if seconds > 1 and came and done < total:
            left = (total - done) * seconds / came
            text += f"  {size(int(came / seconds))}/s  {_left(left)} left"
        self._stream.write(f"\r\x1b[2K{bar} {text}")
        self._stream.flush()


def _left(seconds: float) -> str:
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
