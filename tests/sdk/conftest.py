"""A host in memory: the whole of `azion._host`, its operations served by async generators."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import pytest

from azion import _host
from azion.console import console
from azion.events import FetchEvent, Handler
from azion.loader import load
from azion.request import Request
from azion.response import Response

Service = Callable[[dict[str, Any], AsyncIterator[str | bytes] | None], AsyncIterator[Any]]


class MemoryOperation:
    """An operation whose service yields the reply first, then the chunks."""

    def __init__(self, replies: AsyncIterator[Any]) -> None:
        self._replies = replies
        self.cancelled = False
        self.ended = False

    async def reply(self) -> Any:
        return await anext(self._replies)

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for chunk in self._replies:
            yield chunk
        self.ended = True

    def cancel(self) -> None:
        if not self.ended:
            self.cancelled = True


class MemoryHost:
    """Operations go to `services` by name; what was started and logged is kept."""

    def __init__(self) -> None:
        self.services: dict[str, Service] = {}
        self.started: list[tuple[str, dict[str, Any]]] = []
        self.operations: list[MemoryOperation] = []
        self.lines: list[tuple[str, str]] = []
        self.variables: dict[str, str] = {}

    def start(
        self, name: str, params: dict[str, Any], body: AsyncIterator[str | bytes] | None = None
    ) -> MemoryOperation:
        sent = json.loads(json.dumps(params))
        operation = MemoryOperation(self.services[name](sent, body))
        self.started.append((name, sent))
        self.operations.append(operation)
        return operation

    def log(self, level: str, text: str) -> None:
        self.lines.append((level, text))

    def env(self) -> Mapping[str, str]:
        return self.variables


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> MemoryHost:
    memory = MemoryHost()
    monkeypatch.setattr(_host, "_installed", None)
    _host.install(memory)
    return memory


class Functions:
    """Loads functions and sends them requests."""

    def load(self, source: str, name: str = "a_function") -> Handler:
        return load(source, f"/functions/{name}.py", name)

    def event(self, url: str = "http://localhost/", args: Any = None) -> FetchEvent:
        request = Request._from_host("GET", url, [["Host", "localhost"]], None, {})
        return FetchEvent(request, args, console)

    async def answer(self, source: str, args: Any = None) -> Response:
        return await self.load(source)(self.event(args=args))


@pytest.fixture
def functions() -> Functions:
    return Functions()
