"""create_app(config): the Starlette application that serves a project."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from azrun.bindings import Binding
from azrun.bindings.ai import AIBinding
from azrun.bindings.body import request_body
from azrun.bindings.fetch import FetchBinding
from azrun.cells.engine import CellEngine
from azrun.config import Config, load_config
from azrun.edge.endpoint import Endpoint, ErrorPage
from azrun.edge.errors import plain_error
from azrun.edge.functions import Functions
from azrun.edge.ledger import Ledger
from azrun.edge.rules import compile_rules
from azrun.edge.tool import METRICS, PREFIX, Tool
from azrun.inference.registry import Registry
from azrun.observe.metrics import Metrics
from azrun.observe.record import Observer, Quiet
from azrun.observe.tracing import Tracing

MAX_CELLS = 256


class Project:
    """A project being served: everything that lives from start to shutdown.

    `drain_seconds` is how long requests under way, and what they left running, may take at the
    end. `registry` takes the place of the models of `azrun.toml`.
    """

    def __init__(
        self,
        config: Config,
        observer: Observer,
        error_page: ErrorPage,
        registry: Registry | None = None,
    ) -> None:
        self.config, self.observer = config, observer
        self.drain_seconds = config.local.server.drain_seconds
        self.routes = compile_rules(config.application)
        names = [entry.name for entry in config.manifest.functions]
        memory = max([config.limits(name).memory_bytes for name in names], default=2**29)
        self.engine = CellEngine(memory, MAX_CELLS, observer.notice)
        self.registry = registry or Registry.from_config(
            config.local.models, config.env, observer.notice
        )
        metrics = Metrics(lambda: self.registry.stats)
        ledger = Ledger(observer, metrics, Tracing.where_installed())
        fetch = FetchBinding(config.local.fetch)
        self._fetch = fetch
        bindings: dict[str, Binding] = {
            "request.body": request_body,
            "fetch": fetch,
            "ai.run": AIBinding(self.registry, fetch.get, ledger.called),
        }
        self.functions = Functions(config, self.engine, bindings, observer.log)
        self.endpoint = Endpoint(self.functions, self.routes, ledger, error_page)
        self.tool = Tool(self.registry, fetch.get, config.local.limits, metrics, ledger)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, for a function or for the tool itself."""
        path = scope["path"]
        own = path.startswith(PREFIX) or (path == METRICS and not self.endpoint.runs(scope))
        target = self.tool if own and scope["type"] == "http" else self.endpoint
        await target(scope, receive, send)

    async def start(self) -> None:
        """Checks the models that are configured and begins to load those that are to be there
        from the start, then loads the functions.

        A function that does not load does not stop the others: it answers with its error.
        """
        await self.registry.start()
        await self.functions.load_all()

    async def close(self) -> None:
        await self.endpoint.close(self.drain_seconds)
        await self.functions.close()
        await self.registry.close()
        await self._fetch.close()
        self.engine.close()


def create_app(
    config: Config | str | Path = "azion.config.json",
    *,
    observer: Observer | None = None,
    error_page: ErrorPage = plain_error,
) -> Starlette:
    """The ASGI application that serves `config`'s functions.

    `config` is a Config, or the path of an `azion.config.json` or its folder. Raises ConfigError
    or StartError. The project itself is `app.state.project`.
    """
    if not isinstance(config, Config):
        config = load_config(config)
    return application(Project(config, observer or Quiet(), error_page))


class _Application(Starlette):
    """Without routes and middleware of its user, a request goes straight to the project."""

    def build_middleware_stack(self) -> ASGIApp:
        if self.user_middleware or self.routes:
            return super().build_middleware_stack()

        async def straight(scope: Scope, receive: Receive, send: Send) -> None:
            target = self.router if scope["type"] == "lifespan" else self.router.default
            await target(scope, receive, send)

        return straight


def application(project: Project) -> Starlette:
    """The project as an ASGI application: started and closed with its lifespan."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            await project.start()
            yield
        finally:
            await project.close()

    app = _Application(lifespan=lifespan)
    app.router.redirect_slashes = False
    app.router.default = project.serve
    app.state.project = project
    return app
