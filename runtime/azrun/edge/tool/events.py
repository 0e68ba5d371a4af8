"""A streamed answer as server-sent events."""

from __future__ import annotations

from contextlib import aclosing

from pydantic_core import to_json

from azrun.ai.watch import Watched
from azrun.cells.invocation import Head
from azrun.edge.exchange import Exchange
from azrun.edge.tool.refusal import envelope
from azrun.errors import AzrunError

_HEAD = Head(
    200,
    "",
    [(b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-cache")],
    streams=True,
)


async def send_events(exchange: Exchange, bodies: Watched) -> None:
    """Each body as an event, then `[DONE]`. The head waits for the first body, so that an error
    before it has a status of its own; a later one is the last event."""
    async with aclosing(bodies):
        try:
            async for body in bodies:
                if not exchange.status:
                    await exchange.head(_HEAD)
                await exchange.body(_event(body), more=True)
        except AzrunError as error:
            if not exchange.status:
                raise
            exchange.error = error.message
            await exchange.body(_event(envelope(error)), more=False)
            return
    await exchange.body(b"data: [DONE]\n\n", more=False)


def _event(body: object) -> bytes:
    return b"data: %b\n\n" % to_json(body)
