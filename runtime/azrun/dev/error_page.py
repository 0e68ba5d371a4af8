"""What a developer sees when azrun must answer for a function."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from starlette.datastructures import URL

from azrun import __version__
from azrun.cells.invocation import Head, Invocation
from azrun.dev.highlight import highlight
from azrun.edge.errors import json_head
from azrun.edge.request import Scope
from azrun.edge.rules import Route
from azrun.errors import AzrunError, FunctionError, FunctionNotFound, LoadError
from azrun.observe.traceback import fold, is_internal
from azrun.observe.units import duration

_POLICY = b"default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@dataclass(frozen=True, slots=True)
class Frame:
    """One step of a traceback: `lines` are (number, HTML) pairs around the line `line`."""

    file: str
    line: int
    function: str
    lines: list[tuple[int, Markup]]


@dataclass(frozen=True, slots=True)
class Meter:
    """A limit, and what was used of it; `share` is 0 to 100, None where nothing is measured."""

    name: str
    used: str
    limit: str
    share: int | None


class DevErrorPage:
    """An ErrorPage: a page for a browser, JSON for every other client, all details in both."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = routes
        environment = Environment(loader=PackageLoader("azrun.dev", "."), autoescape=True)
        self._template = environment.get_template("error_page.html")

    def __call__(
        self, error: AzrunError, scope: Scope, request_id: str, invocation: Invocation | None
    ) -> Head:
        if not _asks_for_html(scope):
            return json_head(error.status, {"error": self._facts(error, request_id)})
        detail = error.detail if isinstance(error, FunctionError) else {}
        frames = [_frame(frame) for frame in detail.get("frames", ())]
        name, _, message = error.message.partition(": ") if detail else ("", "", error.message)
        page = self._template.render(
            status=error.status,
            phrase=HTTPStatus(error.status).phrase,
            name=name,
            message=message,
            hint=error.hint,
            load=isinstance(error, LoadError),
            frames=[frame for frame in reversed(frames) if not is_internal(frame.file)],
            internal=[frame for frame in reversed(frames) if is_internal(frame.file)],
            traceback=fold(str(detail.get("traceback", ""))),
            routes=self._routes if isinstance(error, FunctionNotFound) else (),
            method=scope["method"],
            url=str(URL(scope=scope)),
            headers=[(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]],
            request_id=request_id,
            function=invocation.function.name if invocation else "",
            meters=_meters(invocation) if invocation else (),
            version=__version__,
        )
        return Head(error.status, "", _HTML, page)

    def _facts(self, error: AzrunError, request_id: str) -> dict[str, Any]:
        facts: dict[str, Any] = {"message": error.message, "type": type(error).__name__}
        if error.hint:
            facts["hint"] = error.hint
        facts["request_id"] = request_id
        if isinstance(error, FunctionError) and error.detail:
            facts["traceback"] = fold(error.detail["traceback"]).splitlines()
        if isinstance(error, FunctionNotFound):
            facts["routes"] = {route.when: route.instance for route in self._routes}
        return facts


_HTML = [
    (b"content-type", b"text/html; charset=utf-8"),
    (b"content-security-policy", _POLICY),
    (b"cache-control", b"no-store"),
]


def _asks_for_html(scope: Scope) -> bool:
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def _frame(frame: dict[str, Any]) -> Frame:
    lines = highlight(frame["source"])
    numbered = list(enumerate(lines, frame["first"]))
    return Frame(frame["file"], frame["line"], frame["function"], numbered)


def _meters(invocation: Invocation) -> list[Meter]:
    limits = invocation.limits
    wall = time.perf_counter() - invocation.started
    calls = invocation.subrequests, limits.subrequests
    return [
        _of_time("CPU time", invocation.cpu_ns / 1e9, limits.cpu_seconds),
        _of_time("Time", wall, limits.wall_seconds),
        Meter("Calls of fetch", str(calls[0]), str(calls[1]), _share(*calls)),
        Meter("Memory", "", f"{limits.memory_mb} MB", None),
    ]


def _of_time(name: str, used: float, limit: float) -> Meter:
    return Meter(name, duration(used), f"{limit:g} s", _share(used, limit))


def _share(used: float, limit: float) -> int:
    return min(100, round(100 * used / limit)) if limit else 100
