"""What processes have used so far, from /proc."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def cpu_seconds(processes: Iterable[int]) -> float:
    """Of all their threads, also those that have ended."""
    return sum(int(ticks) for one in processes for ticks in _stat(one)[11:13]) / TICKS


def resident_mb(process: int) -> float:
    return _mb(process, "status", "VmRSS")


def proportional_mb(process: int) -> float:
    """Its own memory, and its share of what it shares with others (PSS)."""
    return _mb(process, "smaps_rollup", "Pss:")


def children(process: int) -> list[int]:
    found = (int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit())
    return [one for one in found if _parent(one) == process]


def _mb(process: int, file: str, name: str) -> float:
    lines = (PROC / str(process) / file).read_text("utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def _parent(process: int) -> int:
    try:
        return int(_stat(process)[1])
    except OSError:  # it has ended meanwhile
        return 0


def _stat(process: int) -> list[str]:
    """The fields from the state on; the name before them may contain anything."""
    return (PROC / str(process) / "stat").read_text("utf-8").rpartition(")")[2].split()
