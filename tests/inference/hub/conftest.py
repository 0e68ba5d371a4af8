from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from azrun.inference.hub import download

from ...imitated_hub import ImitatedHub, imitated

MODEL = b"GGUF\x03\x00\x00\x00" + random.Random(7).randbytes(3 * 2**20)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImitatedHub]:
    """With one model and its projector, and named by HF_ENDPOINT."""
    monkeypatch.setattr(download, "PAUSE", 0.0)
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with imitated({"model.gguf": MODEL, "mmproj.gguf": MODEL[:1000]}) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        yield hub
