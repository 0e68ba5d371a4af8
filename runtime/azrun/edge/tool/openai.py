"""`/-/v1`: the models for clients of OpenAI's API, without a function between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json

from azrun.ai.images import CannotFetch
from azrun.ai.run import complete, run
from azrun.ai.watch import Run, Watched, watched
from azrun.bindings import OperationError
from azrun.cells.invocation import Head
from azrun.config.limits import Limits
from azrun.edge.exchange import Exchange
from azrun.edge.inbound import Inbound
from azrun.edge.tool.body import read_json
from azrun.edge.tool.events import send_events
from azrun.edge.tool.refusal import WrongMethod
from azrun.errors import RequestError
from azrun.inference.errors import InvalidRequest
from azrun.inference.registry import Model, Registry, Row
from azrun.inference.types import Kind
from azrun.observe.calls import Ended
from azrun.observe.record import GONE

_JSON = [(b"content-type", b"application/json")]


@dataclass(frozen=True, slots=True)
class _Call:
    """A kind of call: the keys that only its requests have, and the models that answer it."""

    run: Run
    keys: tuple[str, ...]
    kinds: tuple[Kind, ...]


_CHATS = (Kind.CHAT, Kind.VISION)
CALLS = {
    "chat/completions": _Call(run, ("messages",), _CHATS),
    "completions": _Call(complete, ("prompt",), _CHATS),
    "embeddings": _Call(run, ("input",), (Kind.EMBEDDING,)),
    "rerank": _Call(run, ("query", "documents"), (Kind.RERANK,)),
    "score": _Call(run, ("text_1", "text_2"), (Kind.RERANK,)),
}
_KEYS = {key for call in CALLS.values() for key in call.keys}


class OpenAI:
    """Answers `models`, `models/ID`, and a POST for each of CALLS.

    `get` fetches an image's URL; `ended` is told of each model call.
    """

    def __init__(
        self,
        registry: Registry,
        get: Callable[[str], Awaitable[bytes]],
        limits: Limits,
        ended: Ended,
    ) -> None:
        self._registry, self._get, self._limits, self._ended = registry, get, limits, ended
        self._since = int(time.time())

    async def serve(self, exchange: Exchange, name: str) -> None:
        """Raises AzrunError where the client is to be told of an error."""
        method = exchange.scope["method"]
        if name == "models" or name.startswith("models/"):
            if method not in ("GET", "HEAD"):
                raise WrongMethod(method, "GET")
            body = self._model(name[7:]) if name[7:] else self._models()
            await exchange.whole(_json(body))
        elif name not in CALLS:
            known = ", ".join(["models", *CALLS])
            raise RequestError(404, f"/-/v1 has no {name!r}", f"It has {known}.")
        elif method != "POST":
            raise WrongMethod(method, "POST")
        else:
            await self._post(exchange, CALLS[name])

    async def _post(self, exchange: Exchange, call: _Call) -> None:
        """Stops the model when the client leaves."""
        inbound = Inbound(exchange.receive, self._limits)
        body = await read_json(exchange.scope, inbound, self._limits)
        task = asyncio.current_task()
        assert task is not None

        def left() -> None:
            task.cancel()

        inbound.watch(left, lambda _: None)
        try:
            await self._call(exchange, call, body)
        except asyncio.CancelledError:
            if not inbound.gone:
                raise
            task.uncancel()
            exchange.error = GONE
        finally:
            inbound.close()

    async def _call(self, exchange: Exchange, call: _Call, body: dict[str, Any]) -> None:
        id = body.get("model")
        if not isinstance(id, str):
            raise InvalidRequest("model: must be a model's id, a string")
        given = _given(call, self._registry.resolve(id), body)
        answer = await watched(
            call.run, self._registry, id, given, self._image, exchange.models, self._ended,
            exchange.trace,
        )  # fmt: skip
        if isinstance(answer, Watched):
            await send_events(exchange, answer)
        else:
            await exchange.whole(_json(answer))

    async def _image(self, url: str) -> bytes:
        try:
            return await self._get(url)
        except OperationError as error:
            raise CannotFetch(error.message) from error

    def _models(self) -> dict[str, Any]:
        rows = [row for row in self._registry.describe() if row.behind is not None]
        return {"object": "list", "data": [self._described(row.id, row) for row in rows]}

    def _model(self, id: str) -> dict[str, Any]:
        self._registry.resolve(id)
        return next(
            self._described(id, row)
            for row in self._registry.describe()
            if id in (row.id, row.slug)
        )

    def _described(self, id: str, row: Row) -> dict[str, Any]:
        return {
            "id": id,
            "object": "model",
            "created": self._since,
            "owned_by": "azion" if row.slug else "local",
            "kind": row.kind,
            "answered_by": self._registry.resolve(id).answered,
            "stand_in": row.stand_in,
            "state": row.state,
        }


def _given(call: _Call, model: Model, body: dict[str, Any]) -> dict[str, Any]:
    """The request without what would make it one of another kind."""
    if model.spec is not None and model.spec.kind not in call.kinds:
        path = next(path for path, other in CALLS.items() if model.spec.kind in other.kinds)
        raise InvalidRequest(
            f"model: {model.id} is of the kind {model.spec.kind}, which this page does not answer",
            f"Post the request to /-/v1/{path}.",
        )
    if call.keys[0] not in body:
        raise InvalidRequest(f"{call.keys[0]}: is required")
    foreign = _KEYS.difference(call.keys)
    return {key: value for key, value in body.items() if key not in foreign and key != "model"}


def _json(body: Any) -> Head:
    return Head(200, "", _JSON, to_json(body))
