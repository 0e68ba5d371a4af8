"""Where pulled models are kept, and whether more fit there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from azrun.cli.doctor.finding import Finding, Findings, Mark
from azrun.inference.store import Store
from azrun.observe.units import size

LITTLE = 5 * 10**9  # bytes of free disk


def store() -> Findings:
    there = Store()
    folder = _existing(there.root)
    if not os.access(folder, os.W_OK) or not folder.is_dir():
        yield Finding(
            "store", f"{there.root} cannot be written", Mark.BROKEN,
            ("Give yourself the right to, or set AZRUN_MODELS to another folder.",),
        )  # fmt: skip
        return
    models = there.models()
    taken = sum(path.stat().st_size for path in models)
    files = f"{len(models)} GGUF file{'s' if len(models) > 1 else ''}"
    held = f"{files}, {size(taken)}" if models else "nothing pulled yet"
    yield Finding("store", f"{there.root} ({held})", Mark.GOOD)
    free = shutil.disk_usage(folder).free
    if free >= LITTLE:
        yield Finding("disk", f"{size(free)} free", Mark.GOOD)
        return
    advice = "Free some space before you pull a model, or set AZRUN_MODELS to another disk."
    yield Finding("disk", f"{size(free)} free", Mark.NOTE, (advice,))


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.absolute().parents) if path.exists())
