from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ECHO = """
async def handle_request(request):
    if request.url.endswith("/teapot"):
        return Response("short and stout", status=418)
    print("asked for", request.url)
    body = await request.bytes()
    return Response.json({
        "method": request.method, "url": request.url, "body": body.decode("latin-1"),
        "type": request.headers.get("content-type"), "mine": request.headers.get("x-mine"),
    })
"""
STREAMS = """
async def handle_request(request):
    async def chunks():
        yield "first "
        {then}
        yield "second"
    return Response(chunks())
"""
FAILS = "async def handle_request(request):\n    raise ValueError('no')\n"


@pytest.fixture
def project(make_project: Callable[..., Path]) -> Path:
    sources = {"pass": STREAMS.format(then="pass"), "break": STREAMS.format(then="1 / 0")}
    return make_project(echo=ECHO, fails=FAILS, **sources)


def test_a_get(run: Any, project: Path) -> None:
    result = run("invoke", "/echo?q=a b&é=1")
    assert result.exit_code == 0
    assert '"method":"GET"' in result.stdout.replace(" ", "")
    assert "http://localhost/echo?q=a%20b&%C3%A9=1" in result.stdout
    assert re.search(r"echo [0-9a-f]{6} │ asked for http://localhost/echo", result.stderr)
    assert re.search(r"200 .* GET  /echo  echo  warm", result.stderr)


@pytest.mark.parametrize(
    ("data", "kind"),
    [('{"a": 1}', "application/json"), ("words", "application/octet-stream")],
)
def test_data_is_posted(run: Any, project: Path, data: str, kind: str) -> None:
    output = run("invoke", "echo", "-d", data).stdout
    assert '"POST"' in output
    assert f'"{kind}"' in output


def test_a_file_is_posted_as_what_it_is(run: Any, project: Path) -> None:
    (project / "page.png").write_bytes(b"\x89PNG")
    output = run("invoke", "/echo", "-d", "@page.png", "-X", "put").stdout
    assert '"PUT"' in output
    assert '"image/png"' in output
    assert "PNG" in output


def test_stdin_is_posted(run: Any, project: Path) -> None:
    assert '"from stdin"' in run("invoke", "/echo", "-d", "@-", input="from stdin").stdout


def test_headers_are_sent(run: Any, project: Path) -> None:
    headers = ["-H", "x-mine: yes", "-H", "Content-Type: text/csv", "-H", "host: shop.example"]
    output = run("invoke", "/echo", "-d", "a,b", *headers).stdout
    assert '"yes"' in output
    assert '"text/csv"' in output
    assert "http://shop.example/echo" in output


def test_the_head_is_printed_when_asked_for(run: Any, project: Path) -> None:
    lines = run("invoke", "/echo/teapot", "-i").stdout.splitlines()
    assert lines[0] == "HTTP/1.1 418 I'm a Teapot"
    assert "content-length: 15" in lines
    assert lines[-2:] == ["", "short and stout"]


def test_the_exit_code_is_one_without_success(run: Any, project: Path) -> None:
    assert run("invoke", "/echo/teapot").exit_code == 1
    assert run("invoke", "/nowhere").exit_code == 1


def test_an_error_has_all_its_detail(run: Any, project: Path) -> None:
    result = run("invoke", "/fails")
    assert result.exit_code == 1
    assert '"message": "ValueError: no"' in result.stdout
    assert 'File "functions/fails/main.py", line 2, in handle_request' in result.stderr


def test_a_stream_that_breaks_is_no_success(run: Any, project: Path) -> None:
    whole, broken = run("invoke", "/pass"), run("invoke", "/break")
    assert (whole.exit_code, whole.stdout) == (0, "first second")
    assert (broken.exit_code, broken.stdout) == (1, "first ")


def test_chunks_are_printed_as_they_come(project: Path) -> None:
    """The function goes on only once the client has what it sent before: `wait` never ends."""
    waits = STREAMS.format(then="import asyncio; await asyncio.Event().wait()")
    (project / "functions" / "pass" / "main.py").write_text(waits)
    process = subprocess.Popen(
        [sys.executable, "-m", "azrun", "invoke", "/pass"],
        cwd=project, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert process.stdout is not None
    with process.stdout:
        assert process.stdout.read(6) == b"first "
    process.kill()
    process.wait()


@pytest.mark.parametrize(
    ("args", "message"),
    [(["-H", "nothing"], "not of the form"), (["-d", "@nowhere"], "nowhere cannot be read")],
)
def test_what_cannot_be_sent(run: Any, project: Path, args: list[str], message: str) -> None:
    result = run("invoke", "/echo", *args)
    assert result.exit_code == 2
    assert message in result.stderr
