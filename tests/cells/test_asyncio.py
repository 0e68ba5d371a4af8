from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("sleep", True),
        ("gather", [0, 1, 2]),
        ("timeout", "timed out"),
        ("wait_for", "timed out"),
        ("task_group", [0, 1, 2, "two"]),
        ("queue", [0, 1, 2, 3, 4]),
        ("call_later", "called"),
        ("blocking", "slept"),
        ("exits", 3),
    ],
)
async def test_asyncio_works_in_a_cell(serve: Any, name: str, answer: object) -> None:
    served = await serve("clock")
    assert (await served.get(f"/clock/{name}")).json() == answer
