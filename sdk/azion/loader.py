"""Loading a function's source, and finding its handler."""

from __future__ import annotations

import inspect
import linecache
import sys
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any

import azion
from azion.env import env
from azion.errors import HandlerError
from azion.events import FetchEvent, Handler
from azion.fetch import fetch
from azion.listeners import Listener, Registering

_loaded: dict[str, ModuleType] = {}


class Context:
    """The third argument of `fetch(request, env, ctx)`."""

    __slots__ = ("_event",)

    def __init__(self, event: FetchEvent) -> None:
        self._event = event

    @property
    def args(self) -> Any:
        """The arguments of the function's instance."""
        return self._event.args

    def wait_until(self, awaitable: Any) -> None:
        """Keeps the invocation alive, after its response, until the awaitable is done."""
        self._event.wait_until(awaitable)

    waitUntil = wait_until


def compiled(source: str, filename: str) -> CodeType:
    """A function's source as byte code; tracebacks, also of its errors, show its lines."""
    _remember(source, filename)
    return compile(source, filename, "exec", dont_inherit=True)


def load(source: str, filename: str, name: str, code: CodeType | None = None) -> Handler:
    """Executes a function's source in a fresh module and returns its handler.

    `code` is what `compiled` has made of it, here or in another cell. The module has the SDK's
    names as globals and is in `sys.modules`, so that dataclasses, pickle and typing find it there.
    HandlerError when it has no handler or more than one.
    """
    if code is None:
        code = compiled(source, filename)
    else:
        _remember(source, filename)
    module = _module(name, filename)
    try:
        with Registering() as listeners:
            exec(code, module.__dict__)
    except BaseException:
        del sys.modules[module.__name__], _loaded[module.__name__]
        raise
    return _handler(module.__dict__, listeners)


def _remember(source: str, filename: str) -> None:
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)


def _module(name: str, filename: str) -> ModuleType:
    if name in sys.modules and sys.modules[name] is not _loaded.get(name):
        name = f"function_{name}"  # a function named json must not stand in json's place
    module = ModuleType(name)
    module.__file__ = filename
    module.__dict__.update(azion.injected())
    sys.modules[name] = _loaded[name] = module
    return module


def _handler(names: dict[str, Any], listeners: list[Listener]) -> Handler:
    if listeners:
        return Handler.of_listener(listeners[0])
    handle_request = names.get("handle_request")
    own_fetch = None if names.get("fetch") is fetch else names.get("fetch")
    if callable(handle_request) and callable(own_fetch):
        raise HandlerError(
            "The file has two handlers, handle_request and fetch. Rename the one that is a helper."
        )
    if callable(handle_request):
        respond: Callable[[Any], Any] = handle_request
        return Handler(lambda event: respond(event.request), "handle_request")
    if callable(own_fetch):
        return Handler(_fetch_form(own_fetch), "fetch")
    raise HandlerError(
        'No fetch event listeners found. Call add_event_listener("fetch", listener), or define'
        " async def handle_request(request)."
    )


def _fetch_form(own: Callable[..., Any]) -> Callable[[FetchEvent], Any]:
    """Calls fetch(request, env, ctx) with as many of the three as it takes."""
    takes = _positional(own)
    if takes == 1:
        return lambda event: own(event.request)
    if takes == 2:
        return lambda event: own(event.request, env)
    return lambda event: own(event.request, env, Context(event))


def _positional(function: Callable[..., Any]) -> int:
    kinds = [parameter.kind for parameter in inspect.signature(function).parameters.values()]
    if inspect.Parameter.VAR_POSITIONAL in kinds:
        return 3
    places = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return sum(kind in places for kind in kinds)
