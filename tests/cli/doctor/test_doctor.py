from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from azrun.cells import component


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "store"
    monkeypatch.setenv("AZRUN_MODELS", str(folder))
    return folder


def test_a_machine_in_order(run: Any, kept: Path) -> None:
    model = kept / "somebody" / "Model-GGUF" / "model.gguf"
    model.parent.mkdir(parents=True)
    model.write_bytes(bytes(2000))
    result = run("doctor")
    assert result.exit_code == 0, result.output
    for name in ("azrun", "Python", "memory", "llama-cpp-python", "wasmtime", "component"):
        assert name in result.output
    assert f"{kept} (1 GGUF file, 2.0 kB)" in result.output
    assert result.output.endswith("Nothing is broken.\n")


def test_what_is_broken_is_counted(
    run: Any, kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(component, "COMPONENT", tmp_path / "cell.wasm")
    kept.write_text("a file where a folder should be")
    result = run("doctor")
    assert result.exit_code == 1
    assert f"✗ component   it is missing: {tmp_path / 'cell.wasm'}" in result.output
    assert "Run `make` in a source checkout, or reinstall azrun." in result.output
    assert f"✗ store       {kept} cannot be written" in result.output
    assert "2 broken" in result.output
