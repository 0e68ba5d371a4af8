"""How many threads a model gets by default."""

from __future__ import annotations

import os
from pathlib import Path

CPUS = Path("/sys/devices/system/cpu")
QUOTA = Path("/sys/fs/cgroup/cpu.max")
SMALL = 64 * 2**20  # bytes: below it threads wait for each other longer than they work


def default_threads(size: int, cpus: Path = CPUS, quota: Path = QUOTA) -> int:
    """The physical cores this process may run on, within its control group's quota; one for a
    model of few bytes."""
    if size < SMALL:
        return 1
    allowed = _allowed()
    cores = {_siblings(cpus, cpu) for cpu in allowed}
    return max(1, min(len(cores), _limit(quota, len(allowed))))


def _allowed() -> set[int]:
    if hasattr(os, "sched_getaffinity"):
        return os.sched_getaffinity(0)
    return set(range(os.cpu_count() or 1))


def _siblings(cpus: Path, cpu: int) -> str:
    try:
        return (cpus / f"cpu{cpu}/topology/thread_siblings_list").read_text().strip()
    except OSError:
        return str(cpu)


def _limit(quota: Path, otherwise: int) -> int:
    try:
        allowance, period = quota.read_text().split()
        return otherwise if allowance == "max" else -(-int(allowance) // int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return otherwise
