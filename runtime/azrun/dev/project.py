"""A project as `azrun dev` serves it."""

from __future__ import annotations

from contextlib import AsyncExitStack

from azrun.app import Project
from azrun.config import Config
from azrun.dev.error_page import DevErrorPage
from azrun.dev.reload import Reloader
from azrun.edge.rules import compile_rules
from azrun.observe.record import Observer

DRAIN_SECONDS = 0.5  # who stops a development server does not want to wait


class DevProject(Project):
    """Follows its functions' files, and answers with error pages that say everything."""

    def __init__(self, config: Config, observer: Observer) -> None:
        page = DevErrorPage(compile_rules(config.application))
        super().__init__(config, observer, page)
        self.drain_seconds = DRAIN_SECONDS
        self._reloader = Reloader(config, self.functions, observer)
        self.endpoint.before = self._reloader.fresh
        self._open = AsyncExitStack()

    async def start(self) -> None:
        await super().start()
        await self._open.enter_async_context(self._reloader.watching())

    async def close(self) -> None:
        await self._open.aclose()
        await super().close()
