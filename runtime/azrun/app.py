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
from azrun.edge.rules import compile_rules
from azrun.inference.registry import Registry
from azrun.observe.record import Observer, Quiet

MAX_CELLS = 256


class Project:
    """A project being served: everything that lives from start to shutdown.

    `drain_seconds` is how long requests under way, and what they left running, may take at the
    end.
    """

    def __init__(self, config: Config, observer: Observer, error_page: ErrorPage) -> None:
        self.config, self.observer = config, observer
        self.drain_seconds = config.local.server.drain_seconds
        self.routes = compile_rules(config.application)
        names = [entry.name for entry in config.manifest.functions]
        memory = max([config.limits(name).memory_bytes for name in names], default=2**29)
        self.engine = CellEngine(memory, MAX_CELLS, observer.notice)
        self.registry = Registry.from_config(config.local.models)
        fetch = FetchBinding(config.local.fetch)
        self._fetch = fetch
        bindings: dict[str, Binding] = {
            "request.body": request_body,
            "fetch": fetch,
            "ai.run": AIBinding(self.registry, fetch.get),
        }
        self.functions = Functions(config, self.engine, bindings, observer.log)
        self.endpoint = Endpoint(self.functions, self.routes, observer, error_page)

    async def start(self) -> None:
        """Loads the models that are configured, then the functions.

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
    """Without routes and middleware of its user, a request goes straight to the endpoint."""

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
    app.router.default = project.endpoint
    app.state.project = project
    return app
