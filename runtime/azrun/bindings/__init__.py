"""Capabilities a function may call: one file each, all of this shape."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from azrun.cells.invocation import Invocation


@dataclass(frozen=True, slots=True)
class Reply:
    """An operation's answer: a JSON value, then chunks (str, bytes or JSON values) if any.

    Closing `chunks` cancels the work behind it.
    """

    value: Any
    chunks: AsyncIterator[Any] | None = None


class OperationError(Exception):
    """An operation failed; the function sees an exception of this name with this message."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name, self.message = name, message


class Binding(Protocol):
    """Answers one kind of operation. Raises OperationError; is cancelled when nobody waits."""

    async def __call__(
        self, invocation: Invocation, params: dict[str, Any], body: AsyncIterator[bytes] | None
    ) -> Reply: ...
