from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("files", {"error": "FileNotFoundError"}),
        ("listing", {"got": ["function"]}),
        ("network", {"error": "ModuleNotFoundError"}),
        ("process", {"error": "ModuleNotFoundError"}),
        ("system", {"error": "AttributeError"}),
        ("library", {"error": "ModuleNotFoundError"}),
        ("thread", {"error": "RuntimeError"}),
        ("environment", {"got": {}}),
    ],
)
async def test_a_cell_has_none_of_it(serve: Any, name: str, answer: object) -> None:
    served = await serve("forbidden")
    assert (await served.get(f"/forbidden/{name}")).json() == answer
