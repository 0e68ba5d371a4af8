from __future__ import annotations

import asyncio
from typing import Any

import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("files", {"error": "FileNotFoundError"}),
        ("listing", {"error": "FileNotFoundError"}),
        ("lookup", {"error": "gaierror"}),
        ("listener", {"error": "PermissionError"}),
        ("process", {"error": "OSError"}),
        ("system", {"error": "AttributeError"}),
        ("fork", {"error": "AttributeError"}),
        ("execute", {"error": "AttributeError"}),
        ("library", {"error": "ModuleNotFoundError"}),
        ("thread", {"error": "RuntimeError"}),
        ("environment", {"got": {}}),
    ],
)
async def test_a_cell_has_none_of_it(serve: Any, name: str, answer: object) -> None:
    served = await serve("forbidden")
    assert (await served.get(f"/forbidden/{name}")).json() == answer


@pytest.mark.parametrize("name", ["connection", "datagram"])
async def test_a_cell_reaches_no_socket(serve: Any, name: str) -> None:
    reached = []
    server = await asyncio.start_server(lambda *_: reached.append(_), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    served = await serve("forbidden")
    answer = (await served.get(f"/forbidden/{name}?port={port}")).json()
    assert answer == {"error": "PermissionError"}
    server.close()
    await server.wait_closed()
    assert not reached
