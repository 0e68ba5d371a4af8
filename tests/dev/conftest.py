"""Projects as `azrun dev` serves them, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from azrun.app import application
from azrun.config import load_config
from azrun.dev.project import DevProject
from azrun.observe.record import Quiet


class Listener(Quiet):
    """Keeps notices too, and lets a test wait for what it expects to hear."""

    def __init__(self) -> None:
        super().__init__()
        self.notices: list[str] = []
        self._news = asyncio.Event()

    def notice(self, text: str) -> None:
        self.notices.append(text)
        self._news.set()

    def log(self, function: str, request_id: str, level: str, text: str) -> None:
        super().log(function, request_id, level, text)
        self._news.set()

    async def hears(self, text: str) -> str:
        """The first notice or log line that holds `text`, as soon as there is one."""
        while True:
            for said in [*self.notices, *(line[3] for line in self.lines)]:
                if text in said:
                    return said
            self._news.clear()
            await self._news.wait()


@dataclass(frozen=True)
class Developed:
    """A project in development: its files, and a client for it."""

    folder: Path
    client: httpx2.AsyncClient
    listener: Listener

    def main(self, function: str) -> Path:
        return self.folder / "functions" / function / "main.py"

    def save(self, function: str, source: str) -> None:
        self.main(function).write_text(source)

    async def text(self, path: str) -> str:
        return (await self.client.get(path)).text


Develop = Callable[..., Awaitable[Developed]]


@pytest.fixture
def develop(make_project: Callable[..., Path], stack: AsyncExitStack) -> Develop:
    """Serves functions (`name=source`) with DevProject; takes what `make_project` takes."""

    async def start(*guests: str, **sources: str) -> Developed:
        folder = make_project(*guests, **sources)
        listener = Listener()
        app = application(DevProject(load_config(folder), listener))
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx2.ASGITransport(app=app)
        client = httpx2.AsyncClient(transport=transport, base_url="http://localhost:3333")
        return Developed(folder, await stack.enter_async_context(client), listener)

    return start
