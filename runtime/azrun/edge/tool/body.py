"""A request's body as a JSON object."""

from __future__ import annotations

import json
from typing import Any

from azrun.config.limits import Limits
from azrun.edge.inbound import Inbound, body_too_large
from azrun.edge.request import Scope
from azrun.errors import RequestError

HINT = "Send a JSON object."


async def read_json(scope: Scope, inbound: Inbound, limits: Limits) -> dict[str, Any]:
    """Raises RequestError for what is none or too large, ClientGone where it breaks off."""
    length = dict(scope["headers"]).get(b"content-length", b"0")
    if length.isdigit() and int(length) > limits.body_bytes:
        raise body_too_large(limits)
    data = await inbound.read()
    try:
        body = json.loads(data, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        reason = str(error) or "it is nested too deep"
        raise RequestError(400, f"the body is not JSON: {reason}", HINT) from None
    if not isinstance(body, dict):
        raise RequestError(400, "the body is not a JSON object", HINT)
    return body


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number of JSON's")
