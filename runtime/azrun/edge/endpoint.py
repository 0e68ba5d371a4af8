"""The ASGI endpoint between a client's socket and a function's cell."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol

from azrun.cells.invocation import Head, Invocation
from azrun.cells.limits import wall_exceeded
from azrun.cells.pool import Pool
from azrun.edge.exchange import Exchange
from azrun.edge.functions import Functions, ServedFunction
from azrun.edge.inbound import ClientGone, Inbound, Receive
from azrun.edge.ledger import Ledger
from azrun.edge.request import Scope, check_head, facts, incoming
from azrun.edge.rules import Route
from azrun.errors import AzrunError, FunctionNotFound, RequestError
from azrun.observe.record import GONE

CANCEL_GRACE_SECONDS = 1.0
WATCH_AFTER_SECONDS = 0.02  # a request that takes longer is watched for its client's leaving


class ErrorPage(Protocol):
    """Makes the response to a request that azrun itself must answer."""

    def __call__(
        self, error: AzrunError, scope: Scope, request_id: str, invocation: Invocation | None
    ) -> Head: ...


class Endpoint:
    """Finds the function for a request, runs it, streams its answer, cleans up behind it.

    `before`, where it is set, is awaited with the function that a request is for.
    """

    def __init__(
        self,
        functions: Functions,
        routes: Sequence[Route],
        ledger: Ledger,
        error_page: ErrorPage,
    ) -> None:
        self._functions, self._routes = functions, routes
        self._ledger, self._error_page = ledger, error_page
        self._after: set[asyncio.Future[None]] = set()
        self.before: Callable[[ServedFunction], Awaitable[None]] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Any) -> None:
        if scope["type"] != "http":  # a WebSocket, which functions here do not have yet
            await send({"type": "websocket.close", "code": 1003})
            return
        exchange = self._ledger.open(scope, receive, send)
        try:
            await self._serve(exchange)
        except ClientGone:
            exchange.error = GONE
        except AzrunError as error:
            await self._refuse(exchange, error)
        finally:
            self._ledger.close(exchange)

    async def close(self, grace_seconds: float) -> None:
        """Waits for what `wait_until` has left running, but not for ever."""
        if self._after:
            await asyncio.wait(self._after, timeout=grace_seconds)

    def runs(self, scope: Scope) -> bool:
        """Whether a rule of the application runs a function for this request."""
        asked = facts(scope)
        return any(route.holds(asked) for route in self._routes)

    def find(self, scope: Scope) -> ServedFunction:
        """The function that the application's rules run for this request."""
        asked = facts(scope)
        for route in self._routes:
            if route.holds(asked):
                return self._functions[route.instance]
        raise FunctionNotFound(
            f"no rule of the application matches {asked.method} {asked.path}",
            "Add one that runs a function, under rules.request in azion.config.json.",
        )

    async def _serve(self, exchange: Exchange) -> None:
        check_head(exchange.scope)
        function = self.find(exchange.scope)
        exchange.function = function.name
        if self.before is not None:
            await self.before(function)
        pool = function.pool
        if pool is None or function.error is not None:
            raise function.error or FunctionNotFound(f"the function {function.name} is not loaded")
        limits = pool.function.limits
        inbound = Inbound(exchange.receive, limits)
        request = await incoming(exchange.scope, inbound, exchange.request_id, limits)
        pool = function.pool or pool  # a new version may serve by now
        invocation = Invocation(exchange.request_id, pool.function, request)
        exchange.invocation, exchange.models = invocation, invocation.models
        invocation.trace = exchange.trace
        pool.invoke(invocation)
        await self._attend(exchange, pool, invocation, inbound)

    async def _attend(
        self, exchange: Exchange, pool: Pool, invocation: Invocation, inbound: Inbound
    ) -> None:
        """Sends the answer; cancels the invocation when its client leaves or its time is over."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None

        def left() -> None:
            task.cancel()

        def refused(error: AzrunError) -> None:
            invocation.fail(error)
            pool.cancel(invocation)

        delay = WATCH_AFTER_SECONDS if invocation.incoming.replayable else 0
        watch = loop.call_later(delay, inbound.watch, left, refused)
        wall = loop.call_later(invocation.limits.wall_seconds, self._out_of_time, pool, invocation)
        try:
            await self._answer(exchange, invocation)
        except asyncio.CancelledError:
            if not inbound.gone:
                raise
            task.uncancel()
            exchange.error = GONE
        finally:
            watch.cancel()
            inbound.close()
            if not invocation.done.done() and (inbound.gone or task.cancelling()):
                pool.cancel(invocation)
            if invocation.done.done():
                wall.cancel()
            else:
                self._leave(invocation, wall)

    async def _answer(self, exchange: Exchange, invocation: Invocation) -> None:
        head = await invocation.head
        if head.streams:
            await exchange.head(head)
            await self._stream(exchange, invocation)
        else:
            await exchange.whole(head)

    async def _stream(self, exchange: Exchange, invocation: Invocation) -> None:
        try:
            async for chunk in invocation.stream:
                await exchange.body(chunk, more=True)
        except AzrunError as error:
            exchange.error = error.message
            if _is_event_stream(invocation):
                await exchange.body(_error_event(error), more=True)
            else:
                raise Broken from error
        await exchange.body(b"", more=False)

    def _leave(self, invocation: Invocation, wall: asyncio.TimerHandle) -> None:
        """Lets `wait_until` work go on after the response, as long as its time allows."""

        def over(_: asyncio.Future[None]) -> None:
            wall.cancel()
            self._after.discard(invocation.done)

        self._after.add(invocation.done)
        invocation.done.add_done_callback(over)

    def _out_of_time(self, pool: Pool, invocation: Invocation) -> None:
        error = wall_exceeded(invocation.limits.wall_seconds)
        pool.log(invocation, "error", error.message)
        invocation.fail(error)
        pool.cancel(invocation)
        asyncio.get_running_loop().call_later(
            CANCEL_GRACE_SECONDS, pool.kill, invocation, "it went on after its time was over"
        )

    async def _refuse(self, exchange: Exchange, error: AzrunError) -> None:
        exchange.error = exchange.error or error.message
        if exchange.status:  # the head is out: break the connection off, so that it shows
            raise Broken from error
        scope, invocation = exchange.scope, exchange.invocation
        head = self._error_page(error, scope, exchange.request_id, invocation)
        await exchange.head(head, close=isinstance(error, RequestError))
        await exchange.body(head.body or b"", more=False)


class Broken(Exception):
    """A response that cannot be ended properly: the server closes the connection."""


def _is_event_stream(invocation: Invocation) -> bool:
    headers = invocation.head.result().headers
    return any(n == b"content-type" and v.startswith(b"text/event-stream") for n, v in headers)


def _error_event(error: AzrunError) -> str:
    body = {"error": {"message": error.message, "type": type(error).__name__}}
    return f"data: {json.dumps(body)}\n\n"
