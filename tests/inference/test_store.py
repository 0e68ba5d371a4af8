from __future__ import annotations

from pathlib import Path

import pytest

from azrun.inference.store import Source, Store, checksum

SOURCE = Source("somebody/Model-GGUF", "Q4/model.gguf", mmproj="mmproj.gguf")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "models")


def put(store: Store, source: Source, *files: str) -> None:
    for file in files:
        path = store.path(source, file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"GGUF")
        checksum(path).write_text("0  x\n")


def test_a_file_lies_under_its_repository_and_its_revision(store: Store) -> None:
    folder = store.root / "somebody"
    assert store.gguf(SOURCE) == folder / "Model-GGUF" / "Q4" / "model.gguf"
    assert store.mmproj(SOURCE) == folder / "Model-GGUF" / "mmproj.gguf"
    old = Source(SOURCE.repo, "model.gguf", revision="refs/pr/1")
    assert store.gguf(old) == folder / "Model-GGUF@refs--pr--1" / "model.gguf"
    assert store.mmproj(old) is None


def test_the_environment_names_the_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZRUN_MODELS", "~/elsewhere")
    assert Store().root == Path.home() / "elsewhere"
    monkeypatch.delenv("AZRUN_MODELS")
    assert Store().root.parts[-2:] == ("azrun", "models")


def test_a_source_is_there_with_all_its_files(store: Store) -> None:
    put(store, SOURCE, "Q4/model.gguf")
    assert not store.has(SOURCE)
    put(store, SOURCE, "mmproj.gguf")
    assert store.has(SOURCE)
    assert store.size(SOURCE) == 8
    split = Source("somebody/Big", "big-00001-of-00002.gguf")
    put(store, split, "big-00001-of-00002.gguf")
    assert not store.has(split)
    put(store, split, "big-00002-of-00002.gguf")
    assert store.has(split)


def test_what_is_removed_leaves_nothing_behind(store: Store) -> None:
    put(store, SOURCE, "Q4/model.gguf", "mmproj.gguf", "mmproj.gguf.0123456789ab.part")
    other = Source("somebody/Other", "other.gguf")
    put(store, other, "other.gguf")
    assert store.remove(SOURCE) == 12
    assert store.models() == [store.gguf(other)]
    assert store.remove(SOURCE) == 0
    assert store.has(other)
