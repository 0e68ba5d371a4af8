"""Every Python block in the documentation runs, and the settings it lists are the settings."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from azrun.cells.engine import CellEngine
from azrun.cells.function import Function
from azrun.cells.pool import Pool
from azrun.config.local import Local
from azrun.config.models import ModelEntry, Models

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCKS = [
    pytest.param(block, id=f"{page.stem}-{number}")
    for page in PAGES
    for number, block in enumerate(BLOCK.findall(page.read_text("utf-8")), 1)
]
FUNCTIONS = [block for block in BLOCKS if "def test_" not in str(block.values[0])]
TESTS = [block for block in BLOCKS if "def test_" in str(block.values[0])]


@pytest.mark.anyio
@pytest.mark.parametrize("source", FUNCTIONS)
async def test_a_function_in_the_documentation_loads(engine: CellEngine, source: str) -> None:
    function = Function("example", Path("example.py"), source, "example.py")
    pool = Pool(engine, function, {}, lambda invocation, level, text: None)
    await pool.warm()
    await pool.close()


@pytest.mark.parametrize("source", TESTS)
def test_a_test_in_the_documentation_passes(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    names: dict[str, object] = {}
    exec(compile(source, "documentation", "exec"), names)
    tests = [value for name, value in names.items() if name.startswith("test_")]
    assert tests
    for test in tests:
        assert callable(test)
        test()


def test_the_settings_are_documented_with_their_defaults() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    block = re.search(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert block is not None
    documented = tomllib.loads(block[1])
    default = Local()
    for section in ("server", "limits", "fetch"):
        assert documented[section] == getattr(default, section).model_dump()
    assert documented["isolation"] == default.isolation
    for name, value in default.models.model_dump(exclude={"entries"}, exclude_none=True).items():
        assert documented["models"][name] == value
    assert set(documented) == set(Local.model_fields)


def test_the_models_settings_are_documented() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    block = re.search(r"^```toml\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert block is not None
    documented = tomllib.loads(block[1])["models"]
    tables = {id: documented.pop(id) for id in list(documented) if type(documented[id]) is dict}
    assert set(documented) | {"entries"} == set(Models.model_fields)
    for table in tables.values():
        ModelEntry.model_validate(table)
    assert {name for table in tables.values() for name in table} == set(ModelEntry.model_fields)
