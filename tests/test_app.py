from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx2
import pytest

from azrun.app import create_app
from azrun.config import load_config
from azrun.errors import ConfigError

pytestmark = pytest.mark.anyio

HELLO = "async def handle_request(request): return Response('hello')"


async def test_an_application_of_a_path(make_project: Any) -> None:
    folder: Path = make_project(hello=HELLO)
    for config in (folder, str(folder), folder / "azion.config.json", load_config(folder)):
        app = create_app(config)
        async with app.router.lifespan_context(app):
            transport = httpx2.ASGITransport(app=app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://x") as client:
                assert (await client.get("/hello")).text == "hello"


async def test_a_project_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        create_app(tmp_path)


async def test_it_starts_and_ends_many_times(make_project: Any) -> None:
    folder = make_project(hello=HELLO)
    for _ in range(5):
        app = create_app(folder)
        async with app.router.lifespan_context(app):
            pass


async def test_functions_do_not_disturb_each_other(serve: Any) -> None:
    served = await serve("limits", hello=HELLO, broken="1 / 0")
    assert (await served.get("/hello")).text == "hello"
    assert (await served.get("/broken")).status_code == 500
    assert (await served.get("/limits/hello")).text == "hello"


async def test_what_is_told_of_a_request(serve: Any) -> None:
    served = await serve(hello=HELLO)
    response = await served.get("/hello?q=1")
    record = await served.observer.record("/hello")
    assert record.request_id == response.headers["x-request-id"]
    assert (record.method, record.status, record.function) == ("GET", 200, "hello")
    assert 0 < record.cpu_seconds < record.seconds + 1
    assert record.error == ""
