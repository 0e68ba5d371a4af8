"""The chunks of a host's operation, given up when nobody will read them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Any, Generic, TypeVar

from azion._host import Operation, OperationError

Chunk = TypeVar("Chunk")


class OperationStream(ABC, Generic[Chunk]):
    """An async iterator over an operation's chunks.

    Closing it, cancelling who reads it, or dropping it before its end cancels the operation.
    """

    __slots__ = ("_chunks", "_operation")

    def __init__(self, operation: Operation) -> None:
        self._operation: Operation | None = operation
        self._chunks: AsyncIterator[Any] = operation.__aiter__()

    def __aiter__(self) -> AsyncIterator[Chunk]:
        return self

    async def __anext__(self) -> Chunk:
        if self._operation is None:
            raise StopAsyncIteration
        try:
            chunk: Chunk = await self._chunks.__anext__()
            return chunk
        except StopAsyncIteration:
            self._operation = None
            raise
        except OperationError as error:
            self._operation = None
            raise self._failure(error) from None
        except BaseException:
            self._cancel()
            raise

    @abstractmethod
    def _failure(self, error: OperationError) -> Exception:
        """What the function sees of the host's error."""

    async def aclose(self) -> None:
        """Stops the work behind the stream; nothing more comes out of it."""
        self._cancel()

    def _cancel(self) -> None:
        if self._operation is not None:
            operation, self._operation = self._operation, None
            operation.cancel()

    def __del__(self) -> None:
        self._cancel()
