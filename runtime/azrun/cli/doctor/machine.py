"""The machine: its system, its processor, its memory."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from azrun import __version__
from azrun.cli.doctor.finding import Finding, Findings, Mark
from azrun.inference import memory
from azrun.inference.worker.threads import default_threads
from azrun.observe.units import size

SMALL = 2 * 10**9  # bytes of memory
NOTABLE = (
    "avx", "avx2", "fma", "f16c", "avx512f", "avx512_vnni", "avx512_bf16", "avx_vnni", "amx_int8",
    "asimd", "asimddp", "i8mm", "sve",
)  # fmt: skip


def machine() -> Findings:
    yield Finding("azrun", __version__)
    yield Finding("Python", f"{platform.python_version()} ({platform.python_implementation()})")
    yield Finding("system", f"{_system()}, {platform.machine()}")
    yield Finding("processor", _processor())
    has = [flag for flag in NOTABLE if flag in cpu_flags()]
    if has:
        yield Finding("", ", ".join(has))
    yield _cores()
    yield _memory()


def cpu_flags() -> frozenset[str]:
    """What Linux says the processor can do; nothing elsewhere."""
    found = re.search(r"^(?:flags|Features)\s*:(.*)$", _cpuinfo(), re.MULTILINE)
    return frozenset(found[1].split()) if found else frozenset()


def _cpuinfo() -> str:
    try:
        return Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return ""


def _processor() -> str:
    found = re.search(r"^model name\s*:(.*)$", _cpuinfo(), re.MULTILINE)
    return found[1].strip() if found else platform.processor() or "unknown"


def _system() -> str:
    try:
        release = platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return f"{platform.system()} {platform.release()}"
    return f"{release} (Linux {platform.release()})"


def _cores() -> Finding:
    threads, there = default_threads(2**30), os.cpu_count() or 1
    text = f"{threads} for a model, of {there} logical ones"
    return Finding("cores", text, Mark.GOOD)


def _memory() -> Finding:
    total, available = memory.total(), memory.available()
    text = f"{size(total)}, {size(available)} of it free"
    if total >= SMALL:
        return Finding("memory", text, Mark.GOOD)
    advice = "Little for a real model: the embedded stand-ins need 300 MB."
    return Finding("memory", text, Mark.NOTE, (advice,))
