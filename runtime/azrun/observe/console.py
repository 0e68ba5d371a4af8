"""The observer of a terminal: a line for each request, and what functions say."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import TextIO

from azrun.inference.types import ModelUse
from azrun.observe.record import RequestRecord
from azrun.observe.terminal import Terminal, harmless, one_line
from azrun.observe.traceback import fold
from azrun.observe.units import duration, rate

SHORT_ID = 6
_LEVELS = {"debug": "bright_black", "info": "blue", "warn": "yellow", "error": "red"}
_STATUS = {2: "green", 3: "cyan", 4: "yellow", 5: "red"}


class Console:
    """Request lines go to `requests` (stdout), everything else to `rest` (stderr).

    `clock` is the form of the time that a request line begins with (strftime).
    """

    def __init__(
        self,
        requests: TextIO | None = None,
        rest: TextIO | None = None,
        clock: str = "%H:%M:%S",
    ) -> None:
        self._requests = Terminal(requests or sys.stdout)
        self._rest = Terminal(rest or sys.stderr)
        self._clock = clock
        self._second, self._time = 0, ""

    def request(self, record: RequestRecord) -> None:
        paint = self._requests.paint
        status = paint(f"{record.status or '---'}", fg=_STATUS.get(record.status // 100, "red"))
        parts = [
            paint(self._now(), dim=True),
            status,
            f"{duration(record.seconds):>7}",
            f"{record.method:<4} {one_line(record.path)}",
            *self._ran(record),
        ]
        if record.error:
            parts.append(paint(one_line(record.error.splitlines()[0]), fg="red"))
        self._requests.line("  ".join(parts))
        for use in record.models:
            self._requests.line(self._model(use))

    def log(self, function: str, request_id: str, level: str, text: str) -> None:
        paint = self._rest.paint
        colour = _LEVELS.get(level)
        short = "" if request_id == "-" else request_id[:SHORT_ID]
        head = f"{one_line(function)} {short}".rstrip()
        word = level if level in _LEVELS else ""
        bar = paint("│", fg=colour, dim=colour is None)
        margin = f"  {paint(head, dim=True)} {paint(word, fg=colour)}{' ' if word else ''}"
        blank = " " * (len(head) + len(word) + (4 if word else 3))
        for number, line in enumerate(harmless(fold(text)).split("\n")):
            self._rest.line(f"{blank if number else margin}{bar} {line}")

    def notice(self, text: str) -> None:
        self._rest.line(f"{self._rest.paint('azrun', fg='cyan')} {harmless(text)}")

    def _now(self) -> str:
        second = int(time.time())
        if second != self._second:
            self._second, self._time = second, time.strftime(self._clock)
        return self._time

    def _ran(self, record: RequestRecord) -> list[str]:
        if record.function == "-":
            return []
        paint = self._requests.paint
        start = paint("cold", fg="magenta") if record.cold else "warm"
        return [
            paint(one_line(record.function), bold=True),
            f"{start} {paint(f'cpu {duration(record.cpu_seconds)}', dim=True)}",
        ]

    def _model(self, use: ModelUse) -> str:
        paint = self._requests.paint
        indent = " " * (len(time.strftime(self._clock)) + 2)
        answered = f"{use.answered}, a stand-in" if use.stand_in else use.answered
        parts = [
            f"{one_line(use.asked)} → {paint(answered, fg='yellow' if use.stand_in else None)}",
            *_tokens(use),
        ]
        return f"{indent}{paint('└', dim=True)} " + "  ".join(parts)


def _tokens(use: ModelUse) -> Iterator[str]:
    cached = f" ({use.cached_tokens} cached)" if use.cached_tokens else ""
    if not use.completion_tokens:  # an embedding, or left before the first token
        yield f"{use.prompt_tokens} in{cached}"
        yield duration(use.seconds)
        return
    yield f"{use.prompt_tokens} in{cached}, {use.completion_tokens} out"
    yield f"{rate(use):.0f} tokens/s"
    if use.first_token_seconds is not None:
        yield f"first after {duration(use.first_token_seconds)}"
