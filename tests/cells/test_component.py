from __future__ import annotations

import asyncio
import hashlib
import os
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from azrun.cells.component import COMPONENT, load_component
from azrun.cells.engine import CellEngine
from azrun.errors import StartError

pytestmark = pytest.mark.anyio

START = """
import sys
from pathlib import Path
from azrun.cells.engine import CellEngine
engine = CellEngine(512 << 20, 4, print, Path(sys.argv[1]))
engine.close()
"""


async def start(cache: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", START, str(cache), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


@pytest.mark.timeout(180)
async def test_a_damaged_cache_is_made_anew_by_one_of_two_processes(
    engine: CellEngine, tmp_path: Path
) -> None:
    key = hashlib.sha256(COMPONENT.read_bytes()).hexdigest()[:16]
    damaged = tmp_path / f"{key}-wasmtime{version('wasmtime')}-{'0' * 64}.cwasm"
    damaged.write_bytes(b"damaged")
    outputs = await asyncio.gather(start(tmp_path), start(tmp_path))
    assert sum("compiling the sandbox" in output for output in outputs) == 1
    assert {path.rpartition(".")[2] for path in os.listdir(tmp_path)} == {"cwasm", "lock"}
    assert damaged.name not in os.listdir(tmp_path)
    assert await start(tmp_path) == ""


async def test_a_missing_component_says_what_to_do(
    engine: CellEngine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("azrun.cells.component.COMPONENT", tmp_path / "cell.wasm")
    with pytest.raises(StartError, match="component is missing") as caught:
        load_component(engine.wasm, print)
    assert "make" in caught.value.hint
    assert COMPONENT.is_file()
