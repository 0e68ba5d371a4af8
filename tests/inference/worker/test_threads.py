from __future__ import annotations

import os
from pathlib import Path

import pytest

from azrun.inference.worker.threads import SMALL, default_threads


@pytest.fixture
def cpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Eight processors on four cores, six of which this process may use."""
    for cpu in range(8):
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(f"{cpu % 4},{cpu % 4 + 4}\n")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 2, 4, 5, 6}, raising=False)
    return tmp_path


def test_physical_cores(cpus: Path):
    assert default_threads(SMALL, cpus, cpus / "none") == 3


@pytest.mark.parametrize(
    ("quota", "threads"),
    [("max 100000", 3), ("200000 100000", 2), ("50000 100000", 1), ("900000 100000", 3), ("?", 3)],
)
def test_a_control_groups_quota(cpus: Path, quota: str, threads: int):
    (cpus / "cpu.max").write_text(quota)
    assert default_threads(SMALL, cpus, cpus / "cpu.max") == threads


def test_without_a_topology(cpus: Path, tmp_path: Path):
    assert default_threads(SMALL, tmp_path / "none", tmp_path / "none") == 6


def test_a_small_model_gets_one():
    assert default_threads(SMALL - 1) == 1
