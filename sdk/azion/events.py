"""FetchEvent: one request and its answer; Handler: what answers it."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from typing import Any

from azion.body import BodyStream
from azion.console import Console, console
from azion.errors import HandlerError, InvalidStateError
from azion.request import Request
from azion.response import Response


class FetchEvent:
    """A request that the function is to answer.

    `request` is the request, `args` are the arguments of the function's instance, `console` is
    the function's log.
    """

    __slots__ = (
        "_answer",
        "_answered",
        "_dispatching",
        "_over",
        "args",
        "console",
        "pending",
        "request",
    )
    type = "fetch"

    def __init__(self, request: Request, args: Any = None, console: Console = console) -> None:
        self.request, self.args, self.console = request, args, console
        self.pending: list[asyncio.Future[Any]] = []
        self._dispatching = self._over = False
        self._answer: Any = None
        self._answered: Callable[[], object] | None = None

    def respond_with(self, response: Response | Awaitable[Response]) -> None:
        """Answers the request with a response, or with what will become one.

        InvalidStateError when called twice, or after the listener has finished.
        """
        if self._answer is not None:
            _discard(response)
            raise InvalidStateError("respond_with was called twice. Call it once for an event.")
        if not self._dispatching:
            _discard(response)
            raise InvalidStateError(
                "respond_with was called after the listener had finished. Call it in the listener,"
                " with an awaitable for an answer that takes time."
            )
        self._answer = _Nothing if response is None else response
        if self._answered is not None:
            self._answered()

    def wait_until(self, awaitable: Awaitable[Any]) -> None:
        """Keeps the invocation alive, after its response, until the awaitable is done."""
        if not inspect.isawaitable(awaitable):
            raise TypeError(f"wait_until takes an awaitable, not {_named(awaitable)}.")
        if self._over:
            _discard(awaitable)
            raise InvalidStateError(
                "wait_until was called after the event was over. Call it while the response, or"
                " earlier work given to wait_until, is under way."
            )
        self.pending.append(asyncio.ensure_future(awaitable))

    async def _settle(self) -> list[Exception]:
        """Awaits all that wait_until was given, also meanwhile; returns what failed."""
        failures: list[Exception] = []
        while self.pending:
            pending, self.pending = self.pending, []
            results = await asyncio.gather(*pending, return_exceptions=True)
            failures += [result for result in results if isinstance(result, Exception)]
        self._over = True
        return failures

    respondWith = respond_with
    waitUntil = wait_until


class _Nothing:
    """What stands for `respond_with(None)`."""


class Handler:
    """A function's way to answer an event.

    `answer` is called with the event and gives the response or an awaitable of it; `name` is
    what error messages call it.
    """

    __slots__ = ("_answer", "_name")

    def __init__(self, answer: Callable[[FetchEvent], Any], name: str) -> None:
        self._answer, self._name = answer, name

    @classmethod
    def of_listener(cls, listener: Callable[[FetchEvent], Any]) -> Handler:
        """The handler that dispatches events to a listener."""
        return cls(lambda event: _dispatch(listener, event), "The event listener")

    async def __call__(self, event: FetchEvent) -> Response:
        """Dispatches the event; the response, checked. Raises what the function raises."""
        answer = self._answer(event)
        if type(answer) is not Response and inspect.isawaitable(answer):
            answer = await answer
        if not isinstance(answer, Response):
            raise TypeError(f"{self._name} gave {_named(answer)}. Give a Response.")
        if answer._type == "error":
            raise TypeError(f"{self._name} gave Response.error(). Give a response with a status.")
        if answer.body_used:
            raise TypeError(f"{self._name} gave a response whose body is already used. Clone it.")
        if type(answer._body) is BodyStream:
            answer._body = answer._body.take()
        return answer


def _dispatch(listener: Callable[[FetchEvent], Any], event: FetchEvent) -> Any:
    event._dispatching = True
    try:
        returned = listener(event)
    except BaseException:
        _discard(event._answer)
        raise
    finally:
        event._dispatching = False
    if inspect.isawaitable(returned):
        return _listen(returned, event)
    return _given(event)


async def _listen(returned: Awaitable[Any], event: FetchEvent) -> Any:
    """An async listener: it may answer until it finishes, and may go on after it answered."""
    answered = asyncio.Event()
    event._dispatching, event._answered = True, answered.set
    listening = asyncio.ensure_future(returned)
    listening.add_done_callback(lambda _: _finished(event, answered))
    if event._answer is None:
        try:
            await answered.wait()
        except asyncio.CancelledError:
            listening.cancel()
            raise
    if listening.done():
        listening.result()
    else:
        event.pending.append(listening)
    answer = _given(event)
    return await answer if inspect.isawaitable(answer) else answer


def _finished(event: FetchEvent, answered: asyncio.Event) -> None:
    event._dispatching = False
    answered.set()


def _given(event: FetchEvent) -> Any:
    if event._answer is None:
        raise HandlerError("The event listener did not respond. Call event.respond_with(response).")
    return None if event._answer is _Nothing else event._answer


def _discard(answer: Any) -> None:
    """Closes a coroutine that nobody will await."""
    if inspect.iscoroutine(answer):
        answer.close()


def _named(value: object) -> str:
    return "None" if value is None else f"{type(value).__name__} {value!r:.60}"
