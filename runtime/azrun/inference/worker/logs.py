"""llama.cpp's log lines: kept, not printed, so that a failure can be explained with them."""

from __future__ import annotations

import ctypes
from collections import deque
from typing import Any, ClassVar

import llama_cpp as lib
from llama_cpp import mtmd_cpp as mtmd

WARNING, ERROR, CONTINUED = 3, 4, 5


class Logs:
    """The last warnings and errors of llama.cpp in this process."""

    _heard_by: ClassVar[Any] = None  # llama.cpp calls it also when these logs are gone

    def __init__(self, keep: int = 50) -> None:
        self._lines: deque[tuple[int, str]] = deque(maxlen=keep)
        self._level = 0
        Logs._heard_by = lib.llama_log_callback(self._take)
        lib.llama_log_set(Logs._heard_by, ctypes.c_void_p(0))
        mtmd.mtmd_log_set(Logs._heard_by, ctypes.c_void_p(0))
        mtmd.mtmd_helper_log_set(Logs._heard_by, ctypes.c_void_p(0))

    def _take(self, level: int, text: bytes, _: Any) -> None:
        line = text.decode("utf-8", "replace")
        if level != CONTINUED:
            self._level = level
            if level >= WARNING:
                self._lines.append((level, line))
        elif self._level >= WARNING and self._lines:
            last_level, last = self._lines.pop()
            self._lines.append((last_level, last + line))

    def clear(self) -> None:
        self._lines.clear()

    def reason(self) -> str:
        """The first errors, or else warnings, in one line; later ones only repeat them."""
        lines = list(self._lines)
        errors = [text for level, text in lines if level == ERROR] or [text for _, text in lines]
        return "; ".join(" ".join(text.split()) for text in errors[:2] if text.strip())
