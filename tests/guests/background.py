"""Work after the response."""

import asyncio

from azion import Response, add_event_listener


async def work(console, seconds):
    try:
        await asyncio.sleep(seconds)
        console.log("background work done")
    except asyncio.CancelledError:
        console.log("background work cancelled")
        raise


async def fails():
    raise ValueError("background trouble")


def answer(event):
    name = event.request.url.rpartition("/")[2]
    if name == "fails":
        event.wait_until(fails())
    else:
        event.wait_until(work(event.console, float(name)))
    event.respond_with(Response("answered"))


add_event_listener("fetch", answer)
