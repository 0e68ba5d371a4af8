from __future__ import annotations

import importlib
import sys
from collections.abc import AsyncIterator, Callable, Iterator
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
    names = {path.stem for folder in folders for path in folder.glob("*.py")}
    others = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    yield importlib.import_module
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update(others)


@pytest.fixture
async def backend(request: pytest.FixtureRequest) -> AsyncIterator[LlamaBackend]:
    """The test module's MODEL."""
    made = LlamaBackend(ModelSettings(request.module.MODEL))
    yield made
    await made.close()
