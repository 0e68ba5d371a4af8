"""`azrun dev` and `azrun serve` as processes: their start, their lines, their end."""

from __future__ import annotations

import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

HELLO = "async def handle_request(request):\n    print('working')\n    return Response('one')\n"
FAILS = "async def handle_request(request):\n    raise ValueError('a secret')\n"
ENDLESS = """
async def handle_request(request):
    import asyncio
    async def chunks():
        yield "first"
        await asyncio.Event().wait()
    return Response(chunks())
"""
AFTER = """
async def handle_request(request):
    import asyncio
    async def chunks():
        yield "first"
        await asyncio.sleep(0.3)
        yield ", last"
    return Response(chunks())
"""


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    return make_project(hello=HELLO, fails=FAILS, endless=ENDLESS, after=AFTER)


def test_dev_says_where_it_is_and_reloads(start: Any, project: Path) -> None:
    server = start("dev", project)
    banner = "".join(server.said)
    assert re.search(r"/hello\* +hello\n", banner)
    assert "nothing answers for" in banner
    assert httpx2.get(f"{server.url}/hello").text == "one"
    (project / "functions" / "hello" / "main.py").write_text(HELLO.replace("one", "two"))
    assert httpx2.get(f"{server.url}/hello").text == "two"
    code, out, err = server.end(signal.SIGINT)
    assert code == 0
    assert re.search(r"^\d\d:\d\d:\d\d  200 .* GET  /hello  hello  warm cpu", out, re.MULTILINE)
    assert re.search(r"hello [0-9a-f]{6} │ working", err)
    assert "hello reloaded in" in err
    assert "Traceback" not in err


def test_dev_starts_with_a_function_that_does_not_load(start: Any, project: Path) -> None:
    main = project / "functions" / "hello" / "main.py"
    main.write_text("import nothing_like_this\n")
    server = start("dev", project)
    assert re.search(r"/hello\* +hello  did not load", "".join(server.said))
    assert "No module named 'nothing_like_this'" in "".join(server.said)
    assert "nothing_like_this" in httpx2.get(f"{server.url}/hello").text
    main.write_text(HELLO)
    assert httpx2.get(f"{server.url}/hello").text == "one"


def test_dev_does_not_wait_for_endless_answers(start: Any, project: Path) -> None:
    server = start("dev", project)
    with httpx2.stream("GET", f"{server.url}/endless") as answer:
        assert next(answer.iter_text()) == "first"
        code, _, err = server.end(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in err


def test_serve_keeps_details_to_itself(start: Any, project: Path) -> None:
    server = start("serve", project)
    answer = httpx2.get(f"{server.url}/fails", headers={"accept": "text/html"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert "server" not in answer.headers
    code, out, err = server.end()
    assert code == 0
    assert "ValueError: a secret" in err
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}  500 ", out)


def test_serve_does_not_reload(start: Any, project: Path) -> None:
    server = start("serve", project)
    (project / "functions" / "hello" / "main.py").write_text(HELLO.replace("one", "two"))
    assert httpx2.get(f"{server.url}/hello").text == "one"


def test_serve_ends_what_it_has_begun(start: Any, project: Path) -> None:
    server = start("serve", project)
    with httpx2.stream("GET", f"{server.url}/after") as answer:
        text = answer.iter_text()
        first = next(text)
        server.process.send_signal(signal.SIGTERM)
        assert first + "".join(text) == "first, last"
    assert server.end()[0] == 0


@pytest.mark.parametrize("command", ["dev", "serve"])
def test_a_port_in_use(run: Any, project: Path, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run(command, "--port", str(port))
    assert result.exit_code == 3
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in result.stderr
    assert "--port" in result.stderr.splitlines()[1]


def test_a_model_that_does_not_load_stops_the_start(
    run: Any, make_project: Callable[..., Path]
) -> None:
    make_project(toml="[models.mine]\ngguf = 'nowhere.gguf'\n", hello=HELLO)
    result = run("serve", "--port", "0")
    assert result.exit_code == 3
    assert "the model mine cannot be loaded" in result.stderr
    assert "Traceback" not in result.stderr
