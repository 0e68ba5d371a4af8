"""Azion.AI: calls to AI models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from azion import _host
from azion.errors import AIError
from azion.stream import OperationStream


class AIStream(OperationStream[dict[str, Any]]):
    """A model's answer as it is made: an async iterable of chunk objects.

    Closing it (`aclose`, or `async with contextlib.aclosing(stream)`) or dropping it stops the
    model. Given to `Response(...)` it goes out as server-sent events ending in `[DONE]`.
    """

    __slots__ = ()

    def _failure(self, error: _host.OperationError) -> Exception:
        return AIError(error.message)


class AI:
    """The models."""

    __slots__ = ()

    async def run(self, model: str, request: Mapping[str, Any]) -> Any:
        """Runs a model: chat (`messages`), embeddings (`input`), reranking (`query` and
        `documents`) or scoring (`text_1` and `text_2`).

        Returns the answer as a dict, or with `"stream": True` an AIStream of chunk dicts.
        AIError with the model's message when it refuses or fails.
        """
        if not isinstance(request, Mapping):
            raise TypeError(f"run takes a model and a dict, not {type(request).__name__}.")
        params = {"model": model, "request": dict(request)}
        operation = _host.current().start("ai.run", params)
        try:
            reply = await operation.reply()
        except _host.OperationError as error:
            raise AIError(error.message) from None
        except BaseException:
            operation.cancel()
            raise
        if isinstance(reply, dict) and reply.get("stream") is True:
            return AIStream(operation)
        return reply
