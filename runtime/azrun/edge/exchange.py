"""One request and its response on the wire."""

from __future__ import annotations

import random
import time
from typing import Any

from azrun.cells.invocation import Head, Invocation
from azrun.edge.inbound import Receive
from azrun.edge.request import Scope
from azrun.inference.types import ModelUse
from azrun.observe.record import RequestRecord

_OWN = frozenset({b"content-length", b"connection", b"transfer-encoding", b"keep-alive"})


class Exchange:
    """Sends a response, and keeps what its record will say.

    `models` are the model calls it took, `trace` its span where requests are traced.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Any) -> None:
        self.scope, self.receive, self._send = scope, receive, send
        self.request_id = f"{random.getrandbits(128):032x}"
        self.started = time.perf_counter()
        self.status = 0
        self.function = "-"
        self.error = ""
        self.invocation: Invocation | None = None
        self.models: list[ModelUse] = []
        self.trace: Any = None

    async def head(self, head: Head, close: bool = False) -> None:
        """With `close` the connection ends with this response."""
        self.status = head.status
        headers = [pair for pair in head.headers if pair[0] not in _OWN]
        headers.append((b"x-request-id", self.request_id.encode()))
        if close:
            headers.append((b"connection", b"close"))
        if self.models:
            names = ", ".join(dict.fromkeys(use.label for use in self.models))
            headers.append((b"x-azrun-model", names.encode("latin-1", "replace")))
        if not head.streams and head.status not in (204, 304):
            size = len(_bytes(head.body or b""))
            headers.append((b"content-length", str(size).encode()))
        await self._send({"type": "http.response.start", "status": head.status, "headers": headers})

    async def body(self, chunk: str | bytes, more: bool) -> None:
        await self._send({"type": "http.response.body", "body": _bytes(chunk), "more_body": more})

    async def whole(self, head: Head, close: bool = False) -> None:
        """A response that is complete with its head; a HEAD request gets the head alone."""
        await self.head(head, close)
        empty = self.scope["method"] == "HEAD"
        await self.body(b"" if empty else head.body or b"", more=False)

    def record(self) -> RequestRecord:
        invocation = self.invocation
        return RequestRecord(
            request_id=self.request_id,
            method=self.scope["method"],
            path=self.scope["path"],
            status=self.status,
            seconds=time.perf_counter() - self.started,
            function=self.function,
            cold=invocation.cold if invocation else False,
            cpu_seconds=invocation.cpu_ns / 1e9 if invocation else 0.0,
            models=tuple(self.models),
            error=self.error,
        )


def _bytes(chunk: str | bytes) -> bytes:
    return chunk if isinstance(chunk, bytes) else chunk.encode("utf-8", "replace")
