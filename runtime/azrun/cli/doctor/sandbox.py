"""The sandbox that functions run in."""

from __future__ import annotations

import hashlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from azrun.cli.doctor.finding import Finding, Findings, Mark


def sandbox() -> Findings:
    try:
        engine = version("wasmtime")
        from azrun.cells.component import COMPONENT
    except (ImportError, OSError, PackageNotFoundError) as error:
        yield Finding("wasmtime", f"it does not load: {error}", Mark.BROKEN, ("Reinstall azrun.",))
        return
    yield Finding("wasmtime", engine, Mark.GOOD)
    yield _component(COMPONENT, engine)


def _component(path: Path, engine: str) -> Finding:
    from platformdirs import user_cache_path

    if not path.is_file():
        return Finding(
            "component", f"it is missing: {path}", Mark.BROKEN,
            ("Run `make` in a source checkout, or reinstall azrun.",),
        )  # fmt: skip
    folder = user_cache_path("azrun") / "cells"
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if any(folder.glob(f"{digest[:16]}-wasmtime{engine}-*.cwasm")):
        return Finding("component", f"compiled for this machine, in {folder}", Mark.GOOD)
    return Finding("component", "not compiled yet: the first start does that, in 5 to 30 s")
