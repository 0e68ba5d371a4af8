"""What is kept of an invocation, and who is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

GONE = "client closed the connection"


@dataclass(frozen=True, slots=True)
class RequestRecord:
    """One request, once its last byte has gone out. Times are in seconds.

    `error` is GONE where the client left before that.
    """

    request_id: str
    method: str
    path: str
    status: int
    seconds: float
    function: str = "-"
    cold: bool = False
    cpu_seconds: float = 0.0
    models: tuple[Any, ...] = ()
    error: str = ""


class Observer(Protocol):
    """Hears of requests and of what functions say."""

    def request(self, record: RequestRecord) -> None: ...
    def log(self, function: str, request_id: str, level: str, text: str) -> None: ...
    def notice(self, text: str) -> None: ...


class Quiet:
    """An observer that keeps everything and prints nothing: for tests and `azrun invoke`."""

    def __init__(self) -> None:
        self.requests: list[RequestRecord] = []
        self.lines: list[tuple[str, str, str, str]] = []

    def request(self, record: RequestRecord) -> None:
        self.requests.append(record)

    def log(self, function: str, request_id: str, level: str, text: str) -> None:
        self.lines.append((function, request_id, level, text))

    def notice(self, text: str) -> None:
        """Nothing to show it on."""
