"""Ask a running azrun."""

from __future__ import annotations

import json
import urllib.request
from typing import Any


def ask(url: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What an OpenAI-compatible address answers."""
    request = urllib.request.Request(
        f"{url.rstrip('/')}/{path}",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
