"""fetch: requests to other servers."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

from azion import _host
from azion.body import Source, octets
from azion.request import Request, RequestInit
from azion.response import Response
from azion.stream import OperationStream
from azion.url import URL

_INLINE = 1024 * 1024  # characters or bytes of a whole body that travel with the head
_PIECE = 256 * 1024


class FetchBody(OperationStream[bytes]):
    """A response's body as it arrives; dropping it ends the connection."""

    __slots__ = ()

    def _failure(self, error: _host.OperationError) -> Exception:
        return _failure(error)


async def fetch(input: str | URL | Request, init: RequestInit = None, **members: Any) -> Response:
    """Sends a request and returns the response once its head is there; the body follows.

    Takes what `Request` takes. TypeError when the network fails; an answer of any status is
    no failure. Cancelling the awaiting task cancels the request.
    """
    request = Request(input, init, **members)
    source = request._take()
    params, upload = _params(request, source)
    operation = _host.current().start("fetch", params, upload)
    try:
        head = await operation.reply()
    except _host.OperationError as error:
        raise _failure(error) from None
    except BaseException:
        operation.cancel()
        raise
    body = FetchBody(operation)
    return Response._from_host(head, None if request.method == "HEAD" else body)


def _failure(error: _host.OperationError) -> Exception:
    """A limit's error as what it is, all others as the network errors they are."""
    kind = RuntimeError if error.name == "Error" else TypeError
    return kind(error.message)


def _params(
    request: Request, source: Source
) -> tuple[dict[str, Any], AsyncIterator[str | bytes] | None]:
    headers = [[name, value] for name, value in request.headers]
    body, upload = _packed(source)
    if source is None or isinstance(source, (str, bytes)):  # its length is known, a copied one not
        headers = [pair for pair in headers if pair[0] != "content-length"]
        if upload is not None:
            headers.append(["content-length", str(len(octets(source or "")))])
    params = {
        "url": request.url,
        "method": request.method,
        "headers": headers,
        "redirect": request.redirect,
        "has_body": source is not None,
        "body": body,
    }
    return params, upload


def _packed(source: Source) -> tuple[dict[str, str] | None, AsyncIterator[str | bytes] | None]:
    """A small whole body as part of the message, any other as an upload."""
    if source is None:
        return None, None
    if not isinstance(source, (str, bytes)):
        return None, source
    if len(source) > _INLINE:
        return None, _pieces(source)
    if isinstance(source, str):
        return {"text": source}, None
    return {"base64": base64.b64encode(source).decode("ascii")}, None


async def _pieces(body: str | bytes) -> AsyncIterator[str | bytes]:
    for start in range(0, len(body), _PIECE):
        yield body[start : start + _PIECE]
