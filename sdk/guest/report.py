"""Errors as messages: name, text, traceback with source lines, frames."""

from __future__ import annotations

import linecache
import traceback
from typing import Any

CONTEXT = 4  # source lines kept around a frame's own
LONGEST = 64 << 10  # characters of a text
FRAMES = 100  # the innermost


def report(error: BaseException) -> dict[str, Any]:
    """What the host's log and error page need to know of an uncaught error."""
    summary = traceback.TracebackException.from_exception(error)
    return {
        "name": type(error).__name__,
        "message": _message(error),
        "traceback": "".join(summary.format())[-LONGEST:],
        "frames": _frames(summary, error)[-FRAMES:],
    }


def _message(error: BaseException) -> str:
    try:
        return str(error)[:LONGEST]
    except Exception:
        return f"<its text cannot be shown: {type(error).__name__}.__str__ failed>"


def _frames(summary: traceback.TracebackException, error: BaseException) -> list[dict[str, Any]]:
    frames = [_frame(f.filename, f.lineno or 0, f.name) for f in summary.stack]
    if isinstance(error, SyntaxError) and error.filename:
        frames.append(_frame(error.filename, error.lineno or 0, "<module>"))
    return frames


def _frame(filename: str, line: int, function: str) -> dict[str, Any]:
    first = max(1, line - CONTEXT)
    source = [linecache.getline(filename, n).rstrip("\n") for n in range(first, line + CONTEXT + 1)]
    while source and not source[-1].strip():
        source.pop()
    return {"file": filename, "line": line, "function": function, "first": first, "source": source}
