"""A handler's mistakes."""

import asyncio

from azion import Response


async def handle_request(request):
    name = request.url.rpartition("/")[2]
    if name == "nothing":
        return None
    if name == "text":
        return "text"
    if name == "twice":
        response = Response("once")
        await response.text()
        await response.text()
    if name == "header":
        return Response("x", headers={"x-a": "a\x01b"})
    if name == "cancelled":
        raise asyncio.CancelledError
    if name == "exit":
        raise SystemExit(3)
    if name == "unprintable":
        raise Unprintable
    if name == "status":
        return Response("x", status=99)
    return Response("fine")


class Unprintable(Exception):
    def __str__(self):
        raise RuntimeError("no text")
