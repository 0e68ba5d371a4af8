"""How much memory this machine has, and how much a model takes of it."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from azrun.inference.gguf_shape import kv_bytes
from azrun.inference.layout import DEFAULT_CONTEXT, SLOTS, cells
from azrun.inference.store import parts
from azrun.inference.types import ModelSettings

WORKER = 150 * 2**20  # a worker beside its model: Python, llama.cpp, compute buffers
SHARE = 0.7  # of the machine's memory, for models
GROUP = Path("/sys/fs/cgroup")
GPUS = ("/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


def estimated_size(settings: ModelSettings) -> int:
    """Bytes of a loaded model: its files, its KV cache, its worker and its kept prompts."""
    given = (settings.gguf, settings.mmproj, settings.draft)
    files = sum(file_size(path) for path in given if path is not None)
    one = kv_bytes(settings.gguf, settings.context or DEFAULT_CONTEXT, settings.cache_type)
    return files + cells(one, settings.slots or SLOTS) + WORKER


def file_size(path: Path) -> int:
    """Bytes of a file, of all parts of a split GGUF; 0 where there is no file."""
    files = [path.with_name(part) for part in parts(path.name)] if path.is_file() else []
    return sum(file.stat().st_size for file in files if file.is_file())


def total() -> int:
    """Bytes of memory that this machine, or this container, has."""
    own = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    limit = _group("memory.max")
    return own if limit is None else min(own, limit)


def available() -> int:
    """Bytes that could be had now without swapping; all of them where nobody says."""
    free = _from_proc() or total()
    limit, used = _group("memory.max"), _group("memory.current")
    if limit is None or used is None:
        return free
    return min(free, max(0, limit - used + _file_cache()))


def has_gpu() -> bool:
    """Whether a model may lie in memory that is not the machine's own."""
    return sys.platform == "darwin" or any(os.path.exists(path) for path in GPUS)


def _from_proc() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text("ascii")
    except OSError:
        return None
    found = re.search(r"^MemAvailable:\s+(\d+) kB", text, re.MULTILINE)
    return int(found[1]) * 1024 if found else None


def _group(name: str) -> int | None:
    try:
        text = (GROUP / name).read_text("ascii").strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _file_cache() -> int:
    """Bytes of a container's memory that the kernel gives back when asked."""
    try:
        text = (GROUP / "memory.stat").read_text("ascii")
    except OSError:
        return 0
    found = re.search(r"^inactive_file (\d+)", text, re.MULTILINE)
    return int(found[1]) if found else 0
