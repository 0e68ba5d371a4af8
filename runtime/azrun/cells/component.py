"""The compiled component: built into the package, compiled by Cranelift once a machine."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from platformdirs import user_cache_path
from wasmtime import Engine, WasmtimeError
from wasmtime.component import Component

from azrun.errors import StartError

COMPONENT = Path(__file__).with_name("cell.wasm")
KEPT = 4  # compiled components of 45 MB each in the cache
Progress = Callable[[str], None]


def load_component(engine: Engine, progress: Progress, cache: Path | None = None) -> Component:
    """The cell's component, from the cache or compiled now (6 to 30 s, once a machine).

    The cached file's name holds the SHA-256 of its content: a damaged file is compiled again.
    """
    if not COMPONENT.is_file():
        raise StartError(
            f"the cell's component is missing: {COMPONENT}",
            "Run `make` in a source checkout, or reinstall azrun.",
        )
    folder = cache or user_cache_path("azrun") / "cells"
    key = f"{_digest(COMPONENT)[:16]}-wasmtime{version('wasmtime')}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _locked(folder / f"{key}.lock"):
            return _cached(engine, folder, key) or _compile(engine, folder, key, progress)
    except OSError as error:
        progress(f"the cache {folder} cannot be used ({error}): compiling for this run alone …")
        return Component.from_file(engine, str(COMPONENT))


def _cached(engine: Engine, folder: Path, key: str) -> Component | None:
    for path in folder.glob(f"{key}-*.cwasm"):
        try:
            if path.stem.endswith(f"-{_digest(path)}"):
                return Component.deserialize_file(engine, str(path))
        except (OSError, WasmtimeError):
            pass
        path.unlink(missing_ok=True)
    return None


def _compile(engine: Engine, folder: Path, key: str, progress: Progress) -> Component:
    progress("compiling the sandbox for this machine (once, 5 to 30 s) …")
    started = time.perf_counter()
    component = Component.from_file(engine, str(COMPONENT))
    code = bytes(component.serialize())
    path = folder / f"{key}-{hashlib.sha256(code).hexdigest()}.cwasm"
    part = path.with_suffix(f".{os.getpid()}")
    try:
        part.write_bytes(code)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        progress(f"the compiled sandbox could not be kept in {folder}: {error}")
        return component
    progress(f"compiled in {time.perf_counter() - started:.0f} s, kept in {folder}")
    _prune(folder)
    return Component.deserialize_file(engine, str(path))


def _prune(folder: Path) -> None:
    """Deletes what earlier versions have left, but for the newest."""
    newest_first = sorted(folder.glob("*.cwasm"), key=lambda path: -path.stat().st_mtime_ns)
    for old in newest_first[KEPT:]:
        old.unlink(missing_ok=True)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One process at a time; the others wait for what it makes."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
