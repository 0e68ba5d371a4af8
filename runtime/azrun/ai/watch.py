"""Model calls that are told of when they have ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Protocol

from azrun.ai.images import GetImage
from azrun.inference.errors import ModelNotFound
from azrun.inference.registry import Registry
from azrun.inference.types import ModelUse
from azrun.observe.calls import CANCELLED, Ended, ModelCall


class Bodies(Protocol):
    """A streamed answer."""

    def __anext__(self) -> Awaitable[dict[str, Any]]: ...
    async def aclose(self) -> None: ...


Run = Callable[[Registry, Any, Any, GetImage, list[ModelUse]], Awaitable[dict[str, Any] | Bodies]]

_OPERATIONS = {
    "messages": "chat",
    "prompt": "text_completion",
    "input": "embeddings",
    "text_1": "score",
    "documents": "rerank",
}


async def watched(
    run: Run,
    registry: Registry,
    id: Any,
    given: Any,
    get_image: GetImage,
    uses: list[ModelUse],
    ended: Ended,
    parent: Any = None,
) -> dict[str, Any] | Watched:
    """`run` as it is, and `ended` told once of the call, however it ends."""
    call = _Call(registry, id, given, uses, ended, parent)
    try:
        answer = await run(registry, id, given, get_image, call.uses)
    except BaseException as error:
        call.end(error)
        raise
    if not isinstance(answer, dict):
        return Watched(answer, call)
    call.end(None)
    return answer


class Watched:
    """A stream's bodies. Closing it stops the model."""

    def __init__(self, stream: Bodies, call: _Call) -> None:
        self._stream, self._call = stream, call

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self

    async def __anext__(self) -> dict[str, Any]:
        try:
            return await self._stream.__anext__()
        except StopAsyncIteration:
            self._call.end(None)
            raise
        except BaseException as error:
            self._call.end(error)
            raise

    async def aclose(self) -> None:
        await self._stream.aclose()
        self._call.end(asyncio.CancelledError())


class _Uses(list[ModelUse]):
    """The one use of a call; the caller's list has it too."""

    def __init__(self, callers: list[ModelUse]) -> None:
        super().__init__()
        self._callers = callers

    def append(self, use: ModelUse) -> None:
        super().append(use)
        self._callers.append(use)


class _Call:
    def __init__(
        self,
        registry: Registry,
        id: Any,
        given: Any,
        uses: list[ModelUse],
        ended: Ended,
        parent: Any,
    ) -> None:
        self._registry, self._id, self._given = registry, id, given
        self._ended, self._parent = ended, parent
        self._began = time.time_ns()
        self._over = False
        self.uses = _Uses(uses)

    def end(self, error: BaseException | None) -> None:
        if self._over:
            return
        self._over = True
        request = self._given if isinstance(self._given, dict) else {}
        use = self.uses[0] if self.uses else None
        self._ended(
            ModelCall(
                operation=next((_OPERATIONS[key] for key in _OPERATIONS if key in request), "-"),
                asked=str(self._id),
                answered=use.answered if use else self._answered(),
                request=request,
                began=self._began,
                ended=time.time_ns(),
                use=use,
                error=_kind(error),
                parent=self._parent,
            )
        )

    def _answered(self) -> str:
        if not isinstance(self._id, str):
            return "-"
        try:
            return self._registry.resolve(self._id).answered
        except ModelNotFound:
            return "-"


def _kind(error: BaseException | None) -> str:
    if error is None:
        return ""
    left = isinstance(error, asyncio.CancelledError | GeneratorExit)
    return CANCELLED if left else type(error).__name__
