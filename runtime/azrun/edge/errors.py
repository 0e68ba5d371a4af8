"""What a client sees when azrun itself must answer: no detail, a request id to look up."""

from __future__ import annotations

import json
from http import HTTPStatus

from azrun.cells.invocation import Head, Invocation
from azrun.edge.request import Scope
from azrun.errors import AzrunError


def plain_error(
    error: AzrunError, scope: Scope, request_id: str, invocation: Invocation | None
) -> Head:
    """JSON with the status' own phrase; the reason only where the client is to blame."""
    phrase = HTTPStatus(error.status).phrase
    message = error.message if error.status < 500 else phrase
    body = {"error": {"message": message, "request_id": request_id}}
    return json_head(error.status, body)


def json_head(status: int, body: object) -> Head:
    text = json.dumps(body, ensure_ascii=False, indent=2) + "\n"
    return Head(status, "", [(b"content-type", b"application/json; charset=utf-8")], text)
