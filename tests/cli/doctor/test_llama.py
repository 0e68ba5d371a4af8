from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from azrun.cli.doctor import llama as module
from azrun.cli.doctor.finding import Finding, Mark
from azrun.cli.doctor.llama import llama, rebuild
from azrun.inference import memory

ABOUT: dict[str, Any] = {
    "version": "0.3.36", "ggml": "0.25.3", "commit": "abc", "offloads": False,
    "features": "CPU : AVX = 1 | AVX2 = 1 | ", "backends": ["CPU"],
    "devices": [
        {"name": "CPU", "description": "A processor", "type": "cpu", "free": 10**9, "total": 2**31}
    ],
}  # fmt: skip


def said(about: dict[str, Any]) -> dict[str, Finding]:
    code = f"print({json.dumps(about)!r})"
    return {one.name: one for one in llama((sys.executable, "-c", code))}


def test_this_build_runs_here() -> None:
    found = {one.name: one for one in llama()}
    assert found["llama.cpp"].mark is Mark.GOOD
    assert "CPU" in found["backends"].text
    assert "CPU" in found["devices"].text
    assert found["built for"].mark is not Mark.BROKEN


def test_only_a_gpu_has_memory_of_its_own() -> None:
    gpu = {"name": "CUDA0", "description": "A GPU", "type": "gpu", "free": 10**9, "total": 2**31}
    assert said(ABOUT)["devices"].text == "CPU: A processor"
    assert said(ABOUT | {"devices": [gpu]})["devices"].text == "CUDA0: A GPU, 1.0 GB of 2.1 GB free"


def test_a_build_for_another_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "cpu_flags", lambda: frozenset({"avx"}))
    found = said(ABOUT)["built for"]
    assert found.mark is Mark.BROKEN
    assert found.text == "AVX, AVX2: this processor has no AVX2"
    assert found.advice[-1] == rebuild(arguments="-DGGML_NATIVE=on")
    monkeypatch.setattr(module, "cpu_flags", lambda: frozenset({"avx", "avx2", "avx512f"}))
    found = said(ABOUT)["built for"]
    assert found.mark is Mark.NOTE
    assert found.text == "AVX, AVX2; this processor has AVX512 too"
    monkeypatch.setattr(module, "cpu_flags", lambda: frozenset({"avx", "avx2"}))
    assert said(ABOUT)["built for"].mark is Mark.GOOD


def test_a_gpu_that_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "has_gpu", lambda: True)
    found = said(ABOUT)["GPU"]
    assert found.mark is Mark.NOTE
    assert [line for line in found.advice if line.startswith("CMAKE_ARGS")] == [
        rebuild("CUDA"), rebuild("Metal"), rebuild("Vulkan"),
    ]  # fmt: skip
    assert rebuild("CUDA").startswith('CMAKE_ARGS="-DGGML_CUDA=on" pip install ')
    assert said(ABOUT | {"offloads": True})["GPU"].mark is Mark.GOOD


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "for another processor"),
        ("raise ImportError('libllama.so: not found')", "ImportError: libllama.so: not found"),
        ("print('<html>')", "Expecting value"),
        ("import sys; sys.exit(3)", "ended with 3"),
    ],
)
def test_a_build_that_does_not_run(code: str, reason: str) -> None:
    (found,) = llama((sys.executable, "-c", code))
    assert found.mark is Mark.BROKEN
    assert reason in found.text
    assert found.advice


def test_no_such_python(tmp_path: Path) -> None:
    (found,) = llama((str(tmp_path / "python"),))
    assert found.mark is Mark.BROKEN
