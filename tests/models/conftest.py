from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import pytest

from azrun.inference.local import LlamaBackend
from azrun.inference.types import ModelSettings

Script = Callable[[str], ModuleType]


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def script(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    """Imports one of the model's scripts, whose names other models' scripts have too: those in
    the test module's FOLDERS, the first before the others."""
    folders = request.module.FOLDERS
    for folder in reversed(folders):
        monkeypatch.syspath_prepend(str(folder))
    before = {name: sys.modules.pop(name) for name in _loaded(folders)}
    yield importlib.import_module
    for name in _loaded(folders):
        del sys.modules[name]
    sys.modules.update(before)


def _loaded(folders: Sequence[Path]) -> list[str]:
    """What is imported under the names of the modules and packages in `folders`."""
    names = {path.stem for folder in folders for path in folder.glob("*.py")}
    names |= {path.parent.name for folder in folders for path in folder.glob("*/__init__.py")}
    return [name for name in sys.modules if name.split(".")[0] in names]


@pytest.fixture
async def backend(request: pytest.FixtureRequest) -> AsyncIterator[LlamaBackend]:
    """The test module's MODEL."""
    made = LlamaBackend(ModelSettings(request.module.MODEL))
    yield made
    await made.close()
