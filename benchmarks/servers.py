"""Rows measured over HTTP against miniflare, each side in a process of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from measure import Row, at_least, at_most
from peers import azrun, miniflare, wrk

REPOSITORY = Path(__file__).parents[1]
ROUNDS, SAVES, STARTS, SECONDS = 9, 20, 7, 2


@contextmanager
def hello_project() -> Iterator[Path]:
    """A project of its own with the hello function alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(REPOSITORY / "functions" / "hello", folder / "functions" / "hello")
        manifest = json.loads((REPOSITORY / "azion.config.json").read_text("utf-8"))
        application = manifest["applications"][0]
        rules = application["rules"]
        manifest["functions"] = [f for f in manifest["functions"] if f["name"] == "hello"]
        application["functionsInstances"] = [{"name": "hello", "ref": "hello"}]
        rules["request"] = [r for r in rules["request"] if r["name"] == "say hello"]
        (folder / "azion.config.json").write_text(json.dumps(manifest), "utf-8")
        yield folder


def _requests_a_second(url: str) -> float:
    command = [wrk(), "-t1", "-c8", f"-d{SECONDS}", f"{url}/hello"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in output, output
    found = re.search(r"Requests/sec:\s+([\d.]+)", output)
    assert found is not None, output
    return float(found[1])


async def requests() -> list[Row]:
    """Warm requests, 8 connections, the two servers in turn."""
    ours, theirs = [], []
    with hello_project() as project, azrun("serve", project) as url, miniflare() as (_, peer):
        for _ in range(ROUNDS + 1):
            ours.append(_requests_a_second(url))
            theirs.append(_requests_a_second(peer))
    what, unit = "warm GET /hello, 8 connections", "requests/s"
    return [at_least(what, "miniflare 4", 1.0, ours[1:], theirs[1:], unit)]


async def reload() -> list[Row]:
    """From saving a function to the first response of its new code."""
    ours, theirs = [], []
    with (
        hello_project() as project,
        azrun("dev", project) as url,
        miniflare() as (talker, _),
        httpx2.Client() as client,
    ):
        source = project / "functions" / "hello" / "main.py"
        for number in range(SAVES):
            ours.append(_save(source, f"version {number}", client, f"{url}/hello"))
            answer = json.loads(talker.ask(f"set version {number}"))
            assert answer["answer"] == f"version {number}"
            theirs.append(answer["ms"])
    return [at_most("save to first response of the new code", "miniflare", 0.5, ours, theirs)]


def _save(source: Path, text: str, client: httpx2.Client, url: str) -> float:
    started = time.perf_counter()
    source.write_text(f"async def handle_request(request):\n    return Response({text!r})\n")
    while client.get(url).text != text:
        pass
    return (time.perf_counter() - started) * 1e3


async def ready() -> list[Row]:
    """From the command to a server that answers, caches warm, no model."""
    ours, theirs = [], []
    with hello_project() as project:
        for _ in range(STARTS):
            started = time.perf_counter()
            with azrun("dev", project):
                ours.append((time.perf_counter() - started) * 1e3)
            started = time.perf_counter()
            with miniflare():
                theirs.append((time.perf_counter() - started) * 1e3)
    return [at_most("azrun dev ready", "miniflare ready", 3.0, ours, theirs)]


ROWS: dict[str, Callable[[], Any]] = {"requests": requests, "reload": reload, "ready": ready}
