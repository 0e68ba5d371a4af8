"""One request to an ASGI application in this process, its response printed as it comes."""

from __future__ import annotations

import asyncio
import json
import mimetypes
import sys
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import click
from starlette.applications import Starlette

from azrun.edge.endpoint import Broken


@dataclass(frozen=True, slots=True)
class Request:
    """`target` is the path with its query, percent-encoded."""

    method: str
    target: str
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def scope(self) -> dict[str, Any]:
        path, _, query = self.target.partition("?")
        return {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "scheme": "http",
            "method": self.method,
            "path": unquote(path),
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": self.headers,
            "client": ("127.0.0.1", 0),
            "server": ("localhost", 80),
        }


def make_request(
    path: str, method: str | None, headers: tuple[str, ...], data: str | None
) -> Request:
    """The request that the options say. Raises click.UsageError where they cannot."""
    pairs = [_header(header) for header in headers]
    names = {name for name, _ in pairs}
    body = b"" if data is None else _body(data)
    if data is not None and b"content-type" not in names:
        pairs.append((b"content-type", _content_type(data, body).encode()))
    if b"host" not in names:
        pairs.append((b"host", b"localhost"))
    if data is not None:
        pairs.append((b"content-length", str(len(body)).encode()))
    target = quote(path if path.startswith("/") else f"/{path}", safe="/%?&=+:,;@!$'()*[]~")
    return Request((method or ("GET" if data is None else "POST")).upper(), target, pairs, body)


def _header(text: str) -> tuple[bytes, bytes]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise click.UsageError(f"the header {text!r} is not of the form `name: value`.")
    return name.strip().lower().encode("latin-1", "replace"), value.strip().encode()


def _body(data: str) -> bytes:
    if not data.startswith("@"):
        return data.encode()
    if data == "@-":
        return sys.stdin.buffer.read()
    try:
        return Path(data[1:]).read_bytes()
    except OSError as error:
        raise click.UsageError(f"{data[1:]} cannot be read: {error.strerror}.") from None


def _content_type(data: str, body: bytes) -> str:
    guessed = mimetypes.guess_type(data)[0] if data.startswith("@") else None
    if guessed is not None:
        return guessed
    try:
        json.loads(body)
    except ValueError:
        return "application/octet-stream"
    return "application/json"


class Printer:
    """Prints what an ASGI application sends."""

    def __init__(self, head: bool) -> None:
        self._head = head
        self._last = b"\n"
        self.status = 0

    def close(self) -> None:
        """Leaves a terminal's cursor at the start of a line."""
        if sys.stdout.isatty() and not self._last.endswith(b"\n"):
            sys.stdout.write("\n")

    async def __call__(self, message: Any) -> None:
        out = sys.stdout.buffer
        if message["type"] == "http.response.start":
            self.status = message["status"]
            if self._head:
                out.write(_head(message))
        else:
            self._last = message.get("body") or self._last
            out.write(message.get("body", b""))
        out.flush()


def _head(message: Any) -> bytes:
    status = message["status"]
    phrase = HTTPStatus(status).phrase if status in list(HTTPStatus) else ""
    lines = [f"HTTP/1.1 {status} {phrase}".encode()]
    lines += [name + b": " + value for name, value in message["headers"]]
    return b"\n".join([*lines, b"", b""])


async def send(app: Starlette, request: Request, printer: Printer) -> bool:
    """Starts the application, sends it the request, closes it. False where the response broke."""
    body = iter([{"type": "http.request", "body": request.body, "more_body": False}])

    async def receive() -> Any:
        for message in body:
            return message
        return await asyncio.get_running_loop().create_future()  # the client stays

    async with app.router.lifespan_context(app):
        try:
            await app(request.scope, receive, printer)
        except Broken:
            return False
        finally:
            printer.close()
    return True
