"""A listener's mistakes."""

import asyncio

from azion import Response, add_event_listener


def listen(event):
    name = event.request.url.rpartition("/")[2]
    if name == "twice":
        event.respond_with(Response("one"))
        event.respond_with(Response("two"))
    elif name == "late":
        event.wait_until(late(event))
    elif name == "text":
        event.respond_with("text")
    elif name == "answers":
        event.respond_with(answer())


async def answer():
    await asyncio.sleep(0)
    return Response("answered")


async def late(event):
    await asyncio.sleep(0)
    event.respond_with(Response("late"))


add_event_listener("fetch", listen)
