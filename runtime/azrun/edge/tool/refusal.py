"""Errors as OpenAI's API has them: `{"error": {message, type, param, code}}`."""

from __future__ import annotations

import json
import re

from azrun.cells.invocation import Head
from azrun.errors import AzrunError, RequestError
from azrun.inference.errors import (
    InvalidRequest,
    ModelLoadError,
    ModelNotFound,
    TooManyRequests,
    Unsupported,
    WorkerDied,
)

_STATUS: tuple[tuple[type[AzrunError], int], ...] = (
    (ModelNotFound, 404),
    (InvalidRequest, 400),
    (Unsupported, 400),
    (TooManyRequests, 429),
    (ModelLoadError, 503),
    (WorkerDied, 503),
)
_OVERFLOW = re.compile(r"context (?:is|of) \d+ tokens|fits no context")
_PARAM = re.compile(r"validation error: ([a-z_]\w*(?:\[\d+\]|\.\w+)*): ")


class WrongMethod(RequestError):
    """The page is there, but not for this method."""

    def __init__(self, method: str, allowed: str) -> None:
        super().__init__(405, f"{method} is not for this page", f"Use {allowed}.")
        self.allowed = allowed


def status(error: AzrunError) -> int:
    return next((code for kind, code in _STATUS if isinstance(error, kind)), error.status)


def envelope(error: AzrunError) -> dict[str, dict[str, str | None]]:
    message = f"{error.message.rstrip('.')}. {error.hint}" if error.hint else error.message
    param = _PARAM.match(error.message)
    return {
        "error": {
            "message": message,
            "type": _type(status(error)),
            "param": param[1] if param else None,
            "code": _code(error),
        }
    }


def refusal(error: AzrunError) -> Head:
    headers = [(b"content-type", b"application/json")]
    if isinstance(error, WrongMethod):
        headers.append((b"allow", error.allowed.encode()))
    if isinstance(error, TooManyRequests):
        headers.append((b"retry-after", str(error.retry_after).encode()))
    return Head(status(error), "", headers, json.dumps(envelope(error)))


def _type(code: int) -> str:
    if code == 429:
        return "rate_limit_error"
    return "invalid_request_error" if code < 500 else "server_error"


def _code(error: AzrunError) -> str | None:
    if isinstance(error, ModelNotFound):
        return "model_not_found"
    if isinstance(error, TooManyRequests):
        return "rate_limit_exceeded"
    if isinstance(error, InvalidRequest) and _OVERFLOW.search(error.message):
        return "context_length_exceeded"
    return None
