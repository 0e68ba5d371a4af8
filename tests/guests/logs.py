"""All ways to say something."""

import asyncio
import logging
import os
import sys

from azion import Azion, Response, console


async def handle_request(request):
    name = request.url.rpartition("/")[2]
    if name == "print":
        print("printed", "twice")
        print("to stderr", file=sys.stderr)
        print("unfinished", end="")
    elif name == "console":
        for level in ("debug", "log", "info", "warn", "error"):
            getattr(console, level)("console", {"level": level})
    elif name == "logging":
        logging.getLogger("app").warning("logged %s", "text")
    elif name == "env":
        return Response.json({"env": dict(Azion.env), "os": dict(os.environ)})
    elif name == "apart":
        return await apart(request)
    elif name == "raise":
        inner()
    return Response("ok")


def inner():
    secret = "not for the client"
    raise ValueError(secret)


async def apart(request):
    """Two at once, each in the middle of a line."""
    who = request.headers["x-who"]
    print(f"{who} begins", end=" ")
    await asyncio.sleep(0.05)
    print(f"{who} ends")
    return Response("ok")
