"""A time limit for code that is not ours, inside this process."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

AGAIN = 0.05  # seconds, where the code has swallowed the exception

_raise_in: Callable[[ctypes.c_ulong, object], int] = ctypes.pythonapi.PyThreadState_SetAsyncExc
_NOTHING = ctypes.py_object()


class TookTooLong(BaseException):
    """Raised in the middle of anything; no `except Exception` on its way can stop it."""


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """What `work` returns; TimeoutError where it runs longer.

    It is ended between two of its Python instructions: a single one that takes long, in C, is
    not. Any thread may call this.
    """
    watch = _Watch(seconds)
    try:
        try:
            watch.start()
            return work()
        finally:
            watch.end()
    except TookTooLong:
        watch.end_surely()
        raise TimeoutError from None


class _Watch:
    """Raises TookTooLong in the thread that made it, again and again, until it is ended."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._thread = ctypes.c_ulong(threading.get_ident())
        self._ended = False
        self._raising = threading.Lock()
        self._running = threading.Lock()
        self._running.acquire()

    def start(self) -> None:
        threading.Thread(target=self._run, name="deadline", daemon=True).start()

    def _run(self) -> None:
        wait = self._seconds
        while not self._running.acquire(timeout=wait):
            with self._raising:
                if not self._ended:
                    _raise_in(self._thread, ctypes.py_object(TookTooLong))
            wait = AGAIN

    def end(self) -> None:
        """Nothing is raised after this, not even what was on its way."""
        self._ended = True
        if self._running.locked():
            self._running.release()
        with self._raising:
            _raise_in(self._thread, _NOTHING)

    def end_surely(self) -> None:
        """Where `end` itself may be what was interrupted."""
        while True:
            try:
                return self.end()
            except TookTooLong:
                continue
