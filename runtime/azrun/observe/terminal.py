"""A stream that may or may not be a terminal."""

from __future__ import annotations

import asyncio
import atexit
import os
import re
from contextlib import suppress
from typing import Any, TextIO

import click

GATHERED_SECONDS = 0.01
_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Terminal:
    """Writes whole lines, in colours where a person looks and NO_COLOR is not set."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self.colours = (
            stream.isatty()
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM", "") != "dumb"
        )

    def paint(self, text: str, **style: Any) -> str:
        """The text in click's styles (fg, dim, bold …), or as it is."""
        return click.style(text, **style) if self.colours and text else text

    def line(self, text: str) -> None:
        """Writes the line, on an event loop with those of the next moment: a system call for each
        request's line would cost a fifth of the server's speed."""
        self._lines.append(text + "\n")
        if len(self._lines) == 1:
            try:
                asyncio.get_running_loop().call_later(GATHERED_SECONDS, self._flush)
                atexit.register(self._flush)  # the loop may end before
            except RuntimeError:
                self._flush()

    def _flush(self) -> None:
        atexit.unregister(self._flush)
        lines, self._lines = self._lines, []
        with suppress(OSError, ValueError):  # nobody reads it any more: no reason to fail
            self._stream.write("".join(lines))
            self._stream.flush()


def harmless(text: str) -> str:
    """The text with what a terminal would obey shown as `\\x1b`; lines and tabs stay."""
    if text.isprintable():
        return text
    return _OBEYED.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def one_line(text: str) -> str:
    return harmless(text).replace("\n", "\\n").replace("\t", "\\t")
