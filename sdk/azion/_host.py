"""The SDK's only way out: the host that runs the function."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol


class OperationError(Exception):
    """The host refused or failed an operation."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name, self.message = name, message


class Operation(Protocol):
    """One operation of the host under way."""

    async def reply(self) -> Any:
        """The JSON answer; raises OperationError."""

    def __aiter__(self) -> AsyncIterator[Any]:
        """The chunks after the answer: str, bytes or JSON values; raises OperationError."""

    def cancel(self) -> None:
        """Gives the operation up; calling it again does nothing."""


class Host(Protocol):
    """What runs the function."""

    def start(
        self, name: str, params: dict[str, Any], body: AsyncIterator[str | bytes] | None = None
    ) -> Operation:
        """Starts an operation; `body` is uploaded as the host asks for it."""

    def log(self, level: str, text: str) -> None:
        """Takes a line of the function's log; level is debug, info, log, warn or error."""

    def env(self) -> Mapping[str, str]:
        """The function's environment variables."""


_installed: Host | None = None


def install(host: Host) -> None:
    """Makes `host` the one that every call goes to."""
    global _installed
    _installed = host


def current() -> Host:
    """The installed host; RuntimeError when the code does not run inside azrun."""
    if _installed is None:
        raise RuntimeError("azion works inside azrun only. Run this file as a function of azrun.")
    return _installed
