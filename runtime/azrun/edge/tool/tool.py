"""Everything under `/-/`, and `/metrics` where no function has it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from azrun.cells.invocation import Head
from azrun.config.limits import Limits
from azrun.edge.exchange import Exchange
from azrun.edge.inbound import ClientGone, Receive
from azrun.edge.ledger import Ledger
from azrun.edge.request import Scope, check_head
from azrun.edge.tool.guard import check_origin
from azrun.edge.tool.openai import OpenAI
from azrun.edge.tool.ready import readiness
from azrun.edge.tool.refusal import WrongMethod, refusal
from azrun.errors import AzrunError, RequestError
from azrun.inference.registry import Registry
from azrun.observe.metrics import Metrics
from azrun.observe.record import GONE

PREFIX = "/-/"
API = "/-/v1/"
READY = "/-/ready"
METRICS = "/metrics"

Page = Callable[[Scope], Head]


class Tool:
    """Answers for the tool itself. Its plain pages are asked for every few seconds by machines,
    so no record is kept of them; every request to the API has one."""

    def __init__(
        self,
        registry: Registry,
        get: Callable[[str], Awaitable[bytes]],
        limits: Limits,
        metrics: Metrics,
        ledger: Ledger,
    ) -> None:
        self._metrics, self._registry, self._ledger = metrics, registry, ledger
        self._api = OpenAI(registry, get, limits, ledger.called)
        self._pages: dict[str, Page] = {
            READY: self._readiness,
            f"{PREFIX}metrics": self._counts,
            METRICS: self._counts,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Any) -> None:
        if scope["path"] in self._pages:
            await self._answer(Exchange(scope, receive, send))
            return
        exchange = self._ledger.open(scope, receive, send)
        try:
            await self._answer(exchange)
        except ClientGone:
            exchange.error = GONE
        finally:
            self._ledger.close(exchange)

    async def _answer(self, exchange: Exchange) -> None:
        try:
            check_head(exchange.scope)
            check_origin(exchange.scope)
            await self._route(exchange)
        except AzrunError as error:
            exchange.error = error.message
            unread = isinstance(error, RequestError) and error.status == 413
            await exchange.whole(refusal(error), close=unread)

    async def _route(self, exchange: Exchange) -> None:
        path, method = exchange.scope["path"], exchange.scope["method"]
        page = self._pages.get(path)
        if page is not None:
            if method not in ("GET", "HEAD"):
                raise WrongMethod(method, "GET")
            await exchange.whole(page(exchange.scope))
        elif path.startswith(API):
            await self._api.serve(exchange, path.removeprefix(API))
        else:
            known = ", ".join([API, *self._pages])
            raise RequestError(404, f"azrun has no page {path}", f"Its pages are {known}.")

    def _readiness(self, scope: Scope) -> Head:
        return readiness(self._registry)

    def _counts(self, scope: Scope) -> Head:
        accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
        content_type, page = self._metrics.page(accept)
        return Head(200, "", [(b"content-type", content_type.encode())], page)
