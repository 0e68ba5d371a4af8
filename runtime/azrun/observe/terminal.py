"""A stream that may or may not be a terminal."""

from __future__ import annotations

import os
import re
from typing import Any, TextIO

import click

_OBEYED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


class Terminal:
    """Writes whole lines, in colours where a person looks and NO_COLOR is not set."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.colours = (
            stream.isatty()
            and not os.environ.get("NO_COLOR")
            and os.environ.get("TERM", "") != "dumb"
        )

    def paint(self, text: str, **style: Any) -> str:
        """The text in click's styles (fg, dim, bold …), or as it is."""
        return click.style(text, **style) if self.colours and text else text

    def line(self, text: str) -> None:
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            pass  # nobody reads it any more: no reason to fail a request


def harmless(text: str) -> str:
    """The text with what a terminal would obey shown as `\\x1b`; lines and tabs stay."""
    return _OBEYED.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def one_line(text: str) -> str:
    return harmless(text).replace("\n", "\\n").replace("\t", "\\t")
