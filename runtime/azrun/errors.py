"""Every error azrun raises, when, and what it becomes.

AzrunError                  500  exit 1
├─ ConfigError              500  exit 3   a configuration file cannot be used
├─ StartError               500  exit 3   the server cannot start
├─ RequestError             4xx           the client's request is refused
├─ FunctionNotFound         404           no rule runs a function for this request
└─ FunctionError            500  exit 1   the function is to blame
   ├─ LoadError             500  exit 1   its source failed before it could serve
   ├─ HandlerError          500  exit 1   its handler raised
   ├─ LimitExceeded         500  exit 1   it was stopped at a limit (CPU, memory, time, size)
   ├─ CellLost              500  exit 1   its cell ended because of another request, or broke
   └─ Overloaded            503  exit 1   no cell was free within the queue's bounds
"""

from __future__ import annotations

from typing import Any


class AzrunError(Exception):
    """The base of all; `hint` is a sentence that says what to do."""

    status = 500
    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ConfigError(AzrunError):
    """`azion.config.json`, `azrun.toml` or a file they name cannot be used."""

    exit_code = 3


class StartError(AzrunError):
    """The server cannot start: a port in use, a component missing, a model that does not load."""

    exit_code = 3


class RequestError(AzrunError):
    """The client's request is refused before any function sees it."""

    def __init__(self, status: int, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.status = status


class FunctionNotFound(AzrunError):
    """No rule of the application runs a function for this request."""

    status = 404


class FunctionError(AzrunError):
    """The function is to blame. `detail` is the guest's own report, where there is one:
    `{name, message, traceback, frames: [{file, line, function, first, source}]}`."""

    def __init__(self, message: str, hint: str = "", detail: dict[str, Any] | None = None) -> None:
        super().__init__(message, hint)
        self.detail = detail or {}


class LoadError(FunctionError):
    """The function's source failed before it could serve: a syntax error, an exception, no
    handler, or more than the cold-start limit."""


class HandlerError(FunctionError):
    """The function's handler raised, or answered something that is no Response."""


class LimitExceeded(FunctionError):
    """The function was stopped at one of its limits, named by `limit`."""

    def __init__(self, limit: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.limit = limit


class CellLost(FunctionError):
    """The function's cell ended while this invocation was under way, through no fault of its."""


class Overloaded(FunctionError):
    """All cells are busy and the queue is full."""

    status = 503
