"""A function loaded and called before the snapshot, so that no cell does it for the first time:
the interpreter has specialised its code by then, its caches and free lists are filled. And once
more in a cell that has nothing to do yet: its memory's pages are touched by then."""

from __future__ import annotations

import base64
import gc
import json
import linecache
import marshal
import sys

import wit_world

from azion import loader
from invocations import Invocations
from loop import HostLoop, Message

NAME = "rehearsal"
SOURCE = """
async def handle_request(request):
    name = URL(request.url).search_params.get("name") or "world"
    if request.method == "POST":
        return Response.json({"name": name, "body": await request.json()}, {"status": 201})
    return Response(f"Hello, {name}!", headers={"x-name": name})

add_event_listener("fetch", lambda event: event.respond_with(handle_request(event.request)))
"""
URL = "http://127.0.0.1/hello?name=Ana"
HEADERS = [["host", "127.0.0.1"], ["accept", "*/*"], ["user-agent", NAME]]
IDLE_SECONDS = 0.003  # a cell that was made for a request has it by then
ROUNDS = 20  # CPython specialises code that has run a few times


def before_snapshot(loop: HostLoop, invocations: Invocations) -> None:
    """Runs the loop on a script; leaves nothing behind but what is warm."""
    outside = sys.stdout, sys.stderr, sys.path[:]
    for _ in range(ROUNDS):
        loop.port.connect(_Script(), lambda messages: None)
        loop.run_forever()
        loop.stopped = False
        sys.stdout, sys.stderr, sys.path[:] = outside
        handler, invocations.handler = invocations.handler, None
        _forget_function()
    invocations.rehearsed, invocations.begun = handler, False
    loop.port.connect(wit_world.next, wit_world.send)
    gc.collect()
    gc.freeze()  # a collection in a cell leaves the snapshot's pages alone


def when_idle(loop: HostLoop, invocations: Invocations) -> None:
    """Serves a request that the host knows nothing of, unless a real one is first."""

    def once() -> None:
        if not invocations.begun:
            invocations.begin(0, "GET", URL, HEADERS, None, {})

    if invocations.rehearsed is not None:
        loop.call_later(IDLE_SECONDS, once)


class _Script:
    """Stands in for the host's `next`."""

    def __init__(self) -> None:
        self._lines = iter([json.dumps(messages) for messages in _script()])

    def __call__(self, timeout_ms: int) -> str:
        return next(self._lines)


def _script() -> list[list[Message]]:
    code = marshal.dumps(loader.compiled(SOURCE, NAME))
    load: Message = ["load", NAME, NAME, SOURCE, {}, {}]
    get: Message = ["fetch", 1, "GET", URL, HEADERS, None, {"remote_addr": "127.0.0.1"}]
    post: Message = ["fetch", 2, "POST", URL, HEADERS, "{}", {"remote_addr": "127.0.0.1"}]
    packed = [base64.b64encode(code).decode("ascii")]
    return [[[*load, None]], [[*load, packed]], [get], [post], [get, post], [["stop"]]]


def _forget_function() -> None:
    linecache.cache.pop(NAME, None)
    for name in loader._loaded:
        del sys.modules[name]
    loader._loaded.clear()
