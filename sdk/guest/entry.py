"""The Python guest: imported once, snapshotted, then run in every cell."""

from __future__ import annotations

import asyncio
import io
import marshal
import os
import random
import sys
from typing import Any

import wit_world

import preload  # noqa: F401  what is not imported before the snapshot does not exist after it
import rehearse
import sleep
from azion import _host, loader
from invocations import Invocations
from loop import HostLoop, Message
from operations import INVOCATION, GuestHost, pack, unpack
from report import report


class Printed(io.TextIOBase):
    """`print` as log lines of the invocation that printed."""

    def __init__(self, level: str) -> None:
        self._level = level
        self._partial: dict[int, str] = {}  # the last line of each invocation, not yet ended

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        whole, newline, rest = (self._partial.pop(INVOCATION.get(), "") + text).rpartition("\n")
        if rest:
            self._partial[INVOCATION.get()] = rest
        if newline:
            host.log(self._level, whole)
        return len(text)

    def flush(self) -> None:
        if self._partial and (partial := self._partial.pop(INVOCATION.get(), "")):
            host.log(self._level, partial)


def _load(
    name: str, filename: str, source: str, args: Any, env: dict[str, str], packed: Any
) -> None:
    random.seed()
    sys.path.insert(0, "/function")
    sys.stdout, sys.stderr = Printed("log"), Printed("error")
    host.environment = env
    os.environ.update(env)
    invocations.args = args
    try:
        code = marshal.loads(unpack(packed)) if packed else loader.compiled(source, filename)
        invocations.handler = loader.load(source, filename, f"function_{name}", code)
    except BaseException as error:
        host.port.send(["failed", report(error)])
    else:
        host.port.send(["ready", None if packed else pack(marshal.dumps(code))])
        rehearse.when_idle(loop, invocations)


def _to_operation(kind: str, number: int, *rest: Any) -> None:
    last = kind in ("end", "fail") or (kind == "reply" and not rest[1])
    operation = host.find(number, last)
    if operation is None:
        return
    if kind == "reply":
        operation.answered(*rest)
    elif kind == "chunk":
        operation.chunk(*rest)
    elif kind == "end":
        operation.ended()
    elif kind == "fail":
        operation.failed(*rest)
    elif kind == "pull":
        operation.pull()


def _on_message(message: Message) -> None:
    kind = message[0]
    if kind == "fetch":
        invocations.begin(*message[1:])
    elif kind == "cancel":
        invocations.cancel(message[1])
    elif kind == "drained":
        invocations.drained(message[1])
    elif kind == "load":
        _load(*message[1:])
    elif kind == "stop":
        loop.stopped = True
        loop.stop()
    else:
        _to_operation(*message)


loop = HostLoop(_on_message)
host = GuestHost(loop, loop.port)
invocations = Invocations(host)
_host.install(host)
sleep.install()
rehearse.before_snapshot(loop, invocations)


class WitWorld(wit_world.WitWorld):
    def run(self) -> None:
        asyncio._set_running_loop(None)
        while not loop.stopped:
            try:
                loop.run_forever()
            except (SystemExit, KeyboardInterrupt):
                pass  # of a function's task: who awaits it gets it too
