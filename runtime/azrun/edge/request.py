"""A client's request as it comes in: its limits, its facts, its body."""

from __future__ import annotations

from collections.abc import AsyncIterator, MutableMapping
from typing import Any

from azrun.cells.invocation import Incoming
from azrun.config.limits import Limits
from azrun.edge.inbound import Inbound, body_too_large
from azrun.edge.rules import Facts
from azrun.errors import RequestError

URL_BYTES = 16 * 1024  # Azion, Functions, "Limits": path and query
HEADER_BYTES = 64 * 1024  # all request headers
INLINE_BYTES = 256 * 1024  # a body up to this size travels with its head

Scope = MutableMapping[str, Any]


def check_head(scope: Scope) -> None:
    """Raises RequestError when the URL or the headers are over Azion's limits."""
    if len(scope.get("raw_path") or b"") + len(scope["query_string"]) > URL_BYTES:
        raise RequestError(414, "the URL is over 16 KB", "Send what is long in the body.")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > HEADER_BYTES:
        raise RequestError(431, "the headers are over 64 KB", "Send fewer or shorter headers.")


def facts(scope: Scope) -> Facts:
    headers = {n.decode("latin-1"): v.decode("latin-1") for n, v in scope["headers"]}
    client = scope.get("client") or ("", 0)
    return Facts(
        method=scope["method"],
        path=scope["path"],
        query=scope["query_string"].decode("latin-1"),
        host=headers.get("host", ""),
        scheme=scope["scheme"],
        remote_addr=client[0],
        headers=headers,
    )


async def incoming(scope: Scope, inbound: Inbound, request_id: str, limits: Limits) -> Incoming:
    """The request for the guest. A body of a known small size is complete, else it streams.

    Raises RequestError, or ClientGone when the client leaves within a small body.
    """
    pairs = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]]
    host = next((value for name, value in pairs if name == "host"), "localhost")
    raw = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
    query = scope["query_string"].decode("latin-1")
    url = f"{scope['scheme']}://{host}{raw}{'?' + query if query else ''}"
    body = await _body(pairs, inbound, limits)
    return Incoming(scope["method"], url, pairs, body, _metadata(scope, request_id))


def _metadata(scope: Scope, request_id: str) -> dict[str, str]:
    """Azion's `request.metadata`: what a local run can know of it."""
    host, port = scope.get("client") or ("", 0)
    return {
        "remote_addr": host,
        "remote_port": str(port),
        "server_protocol": f"HTTP/{scope['http_version']}",
        "request_id": request_id,
    }


async def _body(
    headers: list[tuple[str, str]], inbound: Inbound, limits: Limits
) -> bytes | AsyncIterator[bytes] | None:
    if any(name == "transfer-encoding" for name, _ in headers):
        return aiter(inbound)
    length = next((value for name, value in headers if name == "content-length"), "0")
    if not (length.isascii() and length.isdigit()):
        raise RequestError(400, "the content-length is no number", "Send the body's size in bytes.")
    if int(length) > limits.body_bytes:
        raise body_too_large(limits)
    if int(length) > INLINE_BYTES:
        return aiter(inbound)
    return await inbound.read() if int(length) else None
