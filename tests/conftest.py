"""Projects made of the programs in `guests/`, served in this process or on a socket."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import httpx2
import pytest
import uvicorn

from azrun.app import Project, create_app
from azrun.cells.engine import CellEngine
from azrun.observe.record import Quiet, RequestRecord

PATIENCE = 20  # seconds until what a test waits for counts as missing
GUESTS = Path(__file__).parent / "guests"

MakeProject = Callable[..., Path]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def engine() -> Iterator[CellEngine]:
    made = CellEngine(512 << 20, 64)
    yield made
    made.close()


class Watcher(Quiet):
    """Keeps everything, and lets a test wait for what it expects."""

    made: ClassVar[list[Watcher]] = []

    def __init__(self) -> None:
        super().__init__()
        self._news = asyncio.Event()
        self.made.append(self)

    def request(self, record: RequestRecord) -> None:
        super().request(record)
        self._news.set()

    def log(self, function: str, request_id: str, level: str, text: str) -> None:
        super().log(function, request_id, level, text)
        self._news.set()

    @property
    def text(self) -> str:
        return "\n".join(line[3] for line in self.lines)

    async def line(self, text: str) -> tuple[str, str, str, str]:
        """The first log line that holds `text`, as soon as there is one."""
        while True:
            for line in self.lines:
                if text in line[3]:
                    return line
            await self._more()

    async def record(self, path: str) -> RequestRecord:
        """The last request of that path, as soon as one is over."""
        while True:
            for record in reversed(self.requests):
                if record.path == path:
                    return record
            await self._more()

    async def _more(self) -> None:
        self._news.clear()
        async with asyncio.timeout(PATIENCE):
            await self._news.wait()


@dataclass(frozen=True)
class Served:
    """A project being served."""

    client: httpx2.AsyncClient
    observer: Watcher
    project: Project
    port: int = 0

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        return await self.client.get(path, **options)

    async def post(self, path: str, **options: Any) -> httpx2.Response:
        return await self.client.post(path, **options)

    async def error(self, path: str, **options: Any) -> str:
        """What azrun's own record says of a request that must fail with 500."""
        response = await self.client.get(path, **options)
        assert response.status_code == 500, response.text
        assert response.json()["error"]["message"] == "Internal Server Error"
        record = await self.observer.record(path)
        assert record.request_id == response.headers["x-request-id"]
        return record.error

    def pool(self, function: str) -> Any:
        pool = self.project.functions[function].pool
        assert pool is not None
        return pool


Serve = Callable[..., Any]


def rule(name: str) -> dict[str, Any]:
    criterion = {
        "variable": "${uri}",
        "conditional": "if",
        "operator": "starts_with",
        "argument": f"/{name}",
    }
    behavior = {"type": "run_function", "attributes": {"value": name}}
    return {"name": name, "criteria": [[criterion]], "behaviors": [behavior]}


@pytest.fixture
def make_project(tmp_path: Path) -> MakeProject:
    """Writes a project of guests (by name) and of sources (`name=source`); the function NAME
    serves what is under /NAME. Returns its folder."""

    def make(
        *guests: str, toml: str = "", args: dict[str, Any] | None = None, **sources: str
    ) -> Path:
        texts = {name: (GUESTS / f"{name}.py").read_text() for name in guests} | sources
        for name, text in texts.items():
            path = tmp_path / "functions" / name / "main.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        application = {
            "name": "tests",
            "functionsInstances": [
                {"name": name, "ref": name, "args": (args or {}).get(name, {})} for name in texts
            ],
            "rules": {"request": [rule(name) for name in texts]},
        }
        functions = [{"name": n, "path": f"./functions/{n}/main.py"} for n in texts]
        manifest = {"functions": functions, "applications": [application]}
        (tmp_path / "azion.config.json").write_text(json.dumps(manifest))
        (tmp_path / "azrun.toml").write_text(f"{toml}\n[models]\nstand_ins = false\n")
        return tmp_path

    return make


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as open_things:
        yield open_things


@pytest.fixture
def serve(make_project: MakeProject, stack: AsyncExitStack) -> Serve:
    """Serves a project in this process, without sockets; takes what `make_project` takes."""

    async def start(*guests: str, **options: Any) -> Served:
        observer = Watcher()
        app = create_app(make_project(*guests, **options), observer=observer)
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        client = httpx2.AsyncClient(transport=transport, base_url="http://localhost:3333")
        return Served(await stack.enter_async_context(client), observer, app.state.project)

    return start


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


@pytest.fixture
def serve_on_socket(make_project: MakeProject, stack: AsyncExitStack) -> Serve:
    """Serves a project with uvicorn on a free port of the loopback interface."""

    async def start(*guests: str, **options: Any) -> Served:
        observer = Watcher()
        app = create_app(make_project(*guests, **options), observer=observer)
        port = await listen(app, stack)
        limits = httpx2.Limits(max_keepalive_connections=0)
        client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", limits=limits)
        await stack.enter_async_context(client)
        return Served(client, observer, app.state.project, port)

    return start


async def listen(app: Any, stack: AsyncExitStack) -> int:
    """Serves an ASGI application until the stack closes; returns its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=2)
    server = _Server(config)
    task = asyncio.create_task(server.serve([listening]))

    async def stop() -> None:
        server.should_exit = True
        await task
        listening.close()

    stack.push_async_callback(stop)
    await server.listens.wait()
    return int(listening.getsockname()[1])


@pytest.fixture(autouse=True)
def functions_log() -> Iterator[None]:
    """What functions logged is printed, so that a test that fails shows it."""
    Watcher.made.clear()
    yield
    for watcher in Watcher.made:
        for function, _, level, text in watcher.lines[-50:]:
            print(f"{function} {level}: {text[-2000:]}")
        for record in watcher.requests[-20:]:
            print(record)
