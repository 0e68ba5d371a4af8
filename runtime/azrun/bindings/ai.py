"""`Azion.AI.run(model, request)`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from azrun.ai.images import CannotFetch
from azrun.ai.run import run
from azrun.ai.watch import Watched, watched
from azrun.bindings import OperationError, Reply
from azrun.inference.errors import InferenceError
from azrun.inference.registry import Registry
from azrun.observe.calls import Ended, ignore

if TYPE_CHECKING:
    from azrun.cells.invocation import Invocation


class AIBinding:
    """The operation `ai.run`: `{model, request}` to the response's body, or, where the request
    streams, to `{"stream": true}` and then one body a chunk.

    Every call that a model takes up is recorded in `invocation.models`. All errors are an
    OperationError "AIError"; its message begins with `validation error` or `model not found`
    where it is one, as a function on Azion may expect. `ended` is told of each call.
    """

    def __init__(
        self,
        registry: Registry,
        get: Callable[[str, Invocation], Awaitable[bytes]],
        ended: Ended = ignore,
    ) -> None:
        self._registry, self._get, self._ended = registry, get, ended

    async def __call__(
        self, invocation: Invocation, params: dict[str, Any], body: AsyncIterator[bytes] | None
    ) -> Reply:
        async def get_image(url: str) -> bytes:
            try:
                return await self._get(url, invocation)
            except OperationError as error:
                raise CannotFetch(error.message) from error

        id, request = params.get("model"), params.get("request")
        try:
            answer = await watched(
                run, self._registry, id, request, get_image, invocation.models, self._ended,
                invocation.trace,
            )  # fmt: skip
        except InferenceError as error:
            raise _operation_error(error) from error
        if isinstance(answer, Watched):
            return Reply({"stream": True}, _Chunks(answer))
        return Reply(answer)


class _Chunks:
    """A stream's bodies, with a function's errors."""

    def __init__(self, stream: Watched) -> None:
        self._stream = stream

    def __aiter__(self) -> AsyncIterator[dict[str, Any]]:
        return self

    async def __anext__(self) -> dict[str, Any]:
        try:
            return await anext(self._stream)
        except InferenceError as error:
            raise _operation_error(error) from error

    async def aclose(self) -> None:
        await self._stream.aclose()


def _operation_error(error: InferenceError) -> OperationError:
    message = error.message if not error.hint else f"{error.message.rstrip('.')}. {error.hint}"
    return OperationError("AIError", message)
