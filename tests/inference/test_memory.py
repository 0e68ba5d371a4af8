from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from azrun.inference import memory
from azrun.inference.types import ModelSettings


def test_the_machine() -> None:
    assert 2**28 < memory.available() <= memory.total()


def test_a_container(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "GROUP", tmp_path)
    assert memory.total() > 5000
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available() > 5000
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("4000\n")
    (tmp_path / "memory.stat").write_text("anon 3000\ninactive_file 700\nactive_file 1\n")
    assert (memory.total(), memory.available()) == (5000, 1700)


def test_a_models_size(says: Callable[..., Path]) -> None:
    path = says("a")
    small = memory.estimated_size(ModelSettings(path, context=1000))
    large = memory.estimated_size(ModelSettings(path, path, context=2000))
    assert small == path.stat().st_size + 1000 * 2 * 320 * 2 + memory.WORKER
    assert large - small == path.stat().st_size + 1000 * 2 * 320 * 2
    shared, apart = (memory.estimated_size(ModelSettings(path, slots=n)) for n in (8, 16))
    assert apart - shared == 15 * 4096 * 2 * 320 * 2


def test_the_files_of_a_model(tmp_path: Path) -> None:
    assert memory.file_size(tmp_path / "none.gguf") == 0
    first, second = (tmp_path / f"a-0000{part}-of-00003.gguf" for part in (1, 2))
    first.write_bytes(b"123")
    second.write_bytes(b"4567")
    assert memory.file_size(first) == 7
