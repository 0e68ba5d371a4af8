"""What a server's refusal means to us."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import httpx2

from azrun.inference.errors import (
    InferenceError,
    InvalidRequest,
    ModelLoadError,
    ModelNotFound,
    TooManyRequests,
    Unsupported,
)

if TYPE_CHECKING:
    from azrun.inference.remote.endpoint import Endpoint

LONGEST = 500  # characters of a server's message
LONGEST_WAIT = 3600


def of_response(endpoint: Endpoint, response: httpx2.Response, body: bytes) -> InferenceError:
    """The error for a response that is not 200."""
    try:
        said = _message(json.loads(body))
    except (ValueError, RecursionError):
        said = body.decode("utf-8", "replace")
    wait = response.headers.get("retry-after", "")
    return of_status(endpoint, response.status_code, said, wait)


def of_event(endpoint: Endpoint, event: dict[str, Any]) -> InferenceError:
    """The error that a server sends inside a stream."""
    error = event.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    return of_status(endpoint, code if isinstance(code, int) else 500, _message(event))


def of_status(endpoint: Endpoint, status: int, said: str, wait: str = "") -> InferenceError:
    """`said` is the server's message, `wait` its `retry-after`."""
    url, text = endpoint.url, _clean(endpoint, said)
    answered = f"{url} answered {status}" + (f": {text}" if text else "")
    if status in (401, 403):
        return _refused_key(endpoint, answered)
    if status == 404:
        return ModelNotFound(
            f"{endpoint.model!r} at {url} ({answered})",
            "Correct `model` or `endpoint` (a base URL often ends in /v1) in azrun.toml.",
        )
    if status == 429:
        return TooManyRequests(answered, "Try again later.", _seconds(wait))
    if status in (400, 413, 422):
        return InvalidRequest(text or answered)
    if status in (405, 501):
        return Unsupported(answered, "Ask for what this server can do.")
    if 300 <= status < 400:
        hint = "Put the address that it redirects to into azrun.toml, if it is right."
        return InferenceError(f"{answered}: it redirects, which is not followed", hint)
    return InferenceError(answered, "Look into that server's log.")


def _refused_key(endpoint: Endpoint, answered: str) -> ModelLoadError:
    if endpoint.key_name is None:
        hint = "If it wants a key, name its variable with api_key_env in azrun.toml."
    else:
        hint = f"Check the key in {endpoint.key_name}."
    return ModelLoadError(answered, hint)


def _message(body: Any) -> str:
    """The words in what servers answer: OpenAI's, vLLM's, Ollama's, FastAPI's envelope."""
    for _ in range(3):
        if not isinstance(body, dict):
            break
        body = next((body[key] for key in ("error", "message", "detail") if body.get(key)), "")
    return body if isinstance(body, str) else json.dumps(body)[: 4 * LONGEST]


def _clean(endpoint: Endpoint, said: str) -> str:
    if endpoint.key:
        said = said.replace(endpoint.key, "***")
    words = "".join(c if c.isprintable() else " " for c in said[: 4 * LONGEST]).split()
    text = " ".join(words)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _seconds(wait: str) -> int:
    try:
        return max(1, min(LONGEST_WAIT, math.ceil(float(wait))))
    except (ValueError, OverflowError):
        return 1
