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

from azrun.app import Project, application
from azrun.cells.engine import CellEngine
from azrun.config import load_config
from azrun.edge.errors import plain_error
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

    async def records(self, count: int) -> None:
        """Returns as soon as so many requests are over."""
        while len(self.requests) < count:
            await self._more()

    async def _more(self) -> None:
        self._news.clear()
        async with asyncio.timeout(PATIENCE):
            await self._news.wait()


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listens = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listens.set()


class Listening:
    """An ASGI application behind uvicorn, on a free port of the loopback interface."""

    def __init__(self, app: Any) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        config = uvicorn.Config(app, log_config=None, ws="none", timeout_graceful_shutdown=2)
        self._server = _Server(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._server.serve([self._socket]))
        await self._server.listens.wait()

    async def stop(self) -> None:
        self._server.should_exit = True
        assert self._task is not None
        await self._task
        self._socket.close()


@dataclass(frozen=True)
class Served:
    """A project being served."""

    client: httpx2.AsyncClient
    observer: Watcher
    project: Project
    server: Listening | None = None

    @property
    def port(self) -> int:
        assert self.server is not None
        return self.server.port

    async def stop(self) -> None:
        """Ends the server as an interrupt does."""
        assert self.server is not None
        await self.server.stop()

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


def _application(
    make: MakeProject, observer: Watcher, guests: tuple[str, ...], options: dict[str, Any]
) -> Any:
    registry = options.pop("registry", None)
    config = load_config(make(*guests, **options))
    return application(Project(config, observer, plain_error, registry))


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as open_things:
        yield open_things


@pytest.fixture
def serve(make_project: MakeProject, stack: AsyncExitStack) -> Serve:
    """Serves a project in this process, without sockets; takes what `make_project` takes, and
    a `registry` of models."""

    async def start(*guests: str, **options: Any) -> Served:
        observer = Watcher()
        app = _application(make_project, observer, guests, options)
        await stack.enter_async_context(app.router.lifespan_context(app))
        transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
        client = httpx2.AsyncClient(transport=transport, base_url="http://localhost:3333")
        return Served(await stack.enter_async_context(client), observer, app.state.project)

    return start


@pytest.fixture
def serve_on_socket(make_project: MakeProject, stack: AsyncExitStack) -> Serve:
    """Serves a project with uvicorn on a free port of the loopback interface."""

    async def start(*guests: str, **options: Any) -> Served:
        observer = Watcher()
        app = _application(make_project, observer, guests, options)
        server = Listening(app)
        await server.start()
        stack.push_async_callback(server.stop)
        limits = httpx2.Limits(max_keepalive_connections=0)
        client = httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.port}", limits=limits)
        await stack.enter_async_context(client)
        return Served(client, observer, app.state.project, server)

    return start


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
