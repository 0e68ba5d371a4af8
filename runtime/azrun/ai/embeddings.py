"""Embeddings: what a backend is asked, and the body of Azion's model page."""

from __future__ import annotations

import base64
import sys
import time
from array import array
from typing import Any

from azrun.ai.requests import EmbeddingRequest
from azrun.ai.responses import new_id, usage_body
from azrun.inference.catalogue import CatalogueModel
from azrun.inference.types import Embeddings, EmbedRequest


def embed_request(request: EmbeddingRequest, spec: CatalogueModel | None) -> EmbedRequest:
    return EmbedRequest(request.inputs, request.dimensions, spec.context if spec else None)


def embeddings_body(id: str, packed: bool, made: Embeddings) -> dict[str, Any]:
    """`packed`: base64 of little-endian 32-bit floats, in the place of arrays of numbers."""
    write = _packed if packed else list
    return {
        "id": new_id("embd"),
        "object": "list",
        "created": int(time.time()),
        "model": id,
        "data": [
            {"index": index, "object": "embedding", "embedding": write(vector)}
            for index, vector in enumerate(made.vectors)
        ],
        "usage": usage_body(made.usage),
    }


def _packed(vector: array[float]) -> str:
    if sys.byteorder == "big":
        vector = array("f", vector)
        vector.byteswap()
    return base64.b64encode(vector.tobytes()).decode()
