"""Builds the cell's component: CPython, the standard library, the SDK and the guest, snapshotted.

    python sdk/guest/build.py [--force]

Writes runtime/azrun/cells/cell.wasm, unless the one there was made from the same inputs.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUEST = ROOT / "sdk" / "guest"
SDK = ROOT / "sdk" / "azion"
OUTPUT = ROOT / "runtime" / "azrun" / "cells" / "cell.wasm"
BUNDLED = ("pywhatwgurl", "idna")  # pure-Python libraries that the SDK needs in the cell


def inputs() -> str:
    """A hash over everything that goes into the component."""
    digest = hashlib.sha256()
    for name in ("componentize-py", *BUNDLED):
        digest.update(f"{name}=={version(name)}\n".encode())
    for path in sorted([*GUEST.glob("*.py"), *GUEST.glob("*.wit"), *SDK.rglob("*.py")]):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def build(force: bool = False) -> Path:
    """Builds the component if its inputs changed; returns its path."""
    stamp, wanted = OUTPUT.with_suffix(".inputs"), inputs()
    fresh = OUTPUT.is_file() and stamp.is_file() and stamp.read_text() == wanted
    if fresh and not force:
        return OUTPUT
    print("building the sandbox's component (10 to 40 s) …", file=sys.stderr, flush=True)
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        made = _componentize(Path(folder))
        part = OUTPUT.with_suffix(f".{os.getpid()}")
        shutil.copyfile(made, part)
        part.replace(OUTPUT)
    stamp.write_text(wanted)
    print(f"built in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return OUTPUT


def _componentize(folder: Path) -> Path:
    source = folder / "source"
    shutil.copytree(GUEST, source, ignore=shutil.ignore_patterns("build.py", "__pycache__"))
    for name, path in [("azion", SDK), *((n, _package(n)) for n in BUNDLED)]:
        shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    made = folder / "cell.wasm"
    command = [_tool(), "-d", str(GUEST / "cell.wit"), "-w", "cell", "componentize", "entry"]
    environment = os.environ | {"PYTHONHASHSEED": "random"}
    run = subprocess.run(
        [*command, "-p", str(source), "-o", str(made)],
        capture_output=True, text=True, env=environment,
    )  # fmt: skip
    if run.returncode:
        raise SystemExit(f"componentize-py failed:\n{run.stdout}{run.stderr}")
    return made


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise SystemExit(f"{name} is not installed: pip install {name}")
    return Path(next(iter(found.submodule_search_locations)))


def _tool() -> str:
    """componentize-py of this interpreter's environment, else of the PATH."""
    beside = Path(sysconfig.get_path("scripts")) / "componentize-py"
    tool = str(beside) if beside.is_file() else shutil.which("componentize-py")
    if tool is None:
        raise SystemExit("componentize-py is not installed: pip install componentize-py")
    return tool


if __name__ == "__main__":
    build(force="--force" in sys.argv[1:])
