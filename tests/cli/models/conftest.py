from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from azrun.inference.suggestions import SUGGESTIONS

from ...imitated_hub import ImitatedHub, imitated

RERANKER = "BAAI/bge-reranker-v2-m3"


@pytest.fixture(autouse=True)
def kept(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where pulled models are kept."""
    folder = tmp_path_factory.mktemp("store")
    monkeypatch.setenv("AZRUN_MODELS", str(folder))
    return folder


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[ImitatedHub]:
    """With the files that are suggested for RERANKER."""
    source = SUGGESTIONS[RERANKER].source
    with imitated({source.file: b"GGUF\x03\x00\x00\x00" + bytes(1992)}) as hub:
        hub.repo = source.repo
        monkeypatch.setenv("HF_ENDPOINT", hub.endpoint)
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield hub


@pytest.fixture
def project(run: Callable[..., object], tmp_path: Path) -> Path:
    """An azrun.toml with a comment; the manifest is beside it."""
    run("init", ".")
    toml = tmp_path / "azrun.toml"
    toml.write_text("# mine\n[server]\nport = 3000 # my port\n", "utf-8")
    return toml
