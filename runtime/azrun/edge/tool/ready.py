"""`/-/ready`: whether the models that are being loaded are there."""

from __future__ import annotations

import json
from typing import Any

from azrun.cells.invocation import Head
from azrun.inference.lifecycle import Load
from azrun.inference.registry import Registry

RETRY_AFTER_SECONDS = 1


def readiness(registry: Registry) -> Head:
    """200, or 503 while models load; the body says which, how long already and how far.

    A model that could not be loaded is named, and no reason to wait: the next request for it
    tries again.
    """
    loading = registry.loading
    failed = [row.id for row in registry.describe() if row.state == "failed"]
    body = {
        "ready": not loading,
        "loading": [_described(load) for load in loading],
        "failed": failed,
    }
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    if loading:
        headers.append((b"retry-after", str(RETRY_AFTER_SECONDS).encode()))
    return Head(503 if loading else 200, "", headers, json.dumps(body))


def _described(load: Load) -> dict[str, Any]:
    return {"model": load.name, "seconds": round(load.seconds, 1), "fraction": load.fraction}
