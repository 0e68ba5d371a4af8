"""Event listeners: what a function's file registers while it loads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from azion.errors import HandlerError, InvalidStateError
from azion.events import FetchEvent

Listener: TypeAlias = "Callable[[FetchEvent], Awaitable[None] | None]"

_registering: list[Listener] | None = None


def add_event_listener(type: str, listener: Listener) -> None:
    """Registers the function's listener for "fetch" events, when its file is loaded.

    The listener answers by `event.respond_with(response)`. There is one listener: HandlerError
    for a second.
    """
    if _registering is None:
        raise InvalidStateError(
            "add_event_listener was called after the file had loaded. Call it at the top level."
        )
    if type != "fetch":
        raise TypeError(f'{type!r} is not an event of a function. Listen for "fetch".')
    if not callable(listener):
        raise TypeError(f"A listener is a function, not {listener!r}.")
    if _registering:
        raise HandlerError('You can register just one "fetch" event listener')
    _registering.append(listener)


class Registering:
    """While it is entered, listeners are registered in it."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self._outer: list[Listener] | None = None

    def __enter__(self) -> list[Listener]:
        global _registering
        self._outer, _registering = _registering, self.listeners
        return self.listeners

    def __exit__(self, *_: object) -> None:
        global _registering
        _registering = self._outer
