"""The named peers: installed into benchmarks/.peers, started, asked, ended."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from measure import NotMeasured

HERE = Path(__file__).parent
PEERS = HERE / ".peers"
PYERYX, MINIFLARE = "pyeryx==0.11.0", "miniflare@4"


def pyeryx() -> Path:
    """The Python of an environment that has pyeryx (its wheels need Python 3.12 or newer)."""
    python = PEERS / "pyeryx" / "bin" / "python"
    if not python.is_file():
        base = next((p for p in (sys.executable, "python3.13", "python3.12") if _modern(p)), None)
        if base is None:
            raise NotMeasured("pyeryx needs Python 3.12 or newer on the PATH")
        run([base, "-m", "venv", str(PEERS / "pyeryx")])
        run([str(python), "-m", "pip", "install", "-q", "--only-binary=:all:", PYERYX])
    return python


def install(name: str, *packages: str) -> Path:
    """The Python of an environment of its own that has these packages."""
    python = PEERS / name / "bin" / "python"
    if not python.is_file():
        run([sys.executable, "-m", "venv", str(PEERS / name)])
        run([str(python), "-m", "pip", "install", "-q", "--only-binary=:all:", *packages])
    return python


def _modern(python: str) -> bool:
    found = shutil.which(python)
    check = "import sys; sys.exit(sys.version_info < (3, 12))"
    return found is not None and subprocess.run([found, "-c", check]).returncode == 0


def node() -> str:
    """Node.js, with miniflare installed beside it."""
    found = shutil.which("node")
    if found is None or shutil.which("npm") is None:
        raise NotMeasured("Node.js and npm are not installed")
    if not (PEERS / "node_modules" / "miniflare").is_dir():
        PEERS.mkdir(exist_ok=True)
        run(["npm", "install", "--silent", "--prefix", str(PEERS), MINIFLARE])
    return found


def wrk() -> str:
    found = shutil.which("wrk")
    if found is None:
        raise NotMeasured("wrk is not installed")
    return found


def run(command: list[str]) -> None:
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise NotMeasured(f"{' '.join(command)}: {run.stderr.strip()[-200:]}")


class Talker:
    """A peer in a process of its own: a line in, a line out."""

    def __init__(self, command: list[str], **environment: str) -> None:
        self._process = subprocess.Popen(
            command, cwd=HERE, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env=os.environ | environment,
        )  # fmt: skip

    @property
    def pid(self) -> int:
        return self._process.pid

    def read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise NotMeasured("the peer ended")
        return line.strip()

    def ask(self, text: str) -> str:
        assert self._process.stdin is not None
        self._process.stdin.write(text + "\n")
        self._process.stdin.flush()
        return self.read()

    def end(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()


@contextmanager
def miniflare() -> Iterator[tuple[Talker, str]]:
    """miniflare serving the hello function, and its URL."""
    talker = Talker([node(), str(HERE / "miniflare.mjs")])
    try:
        yield talker, json.loads(talker.read())["url"]
    finally:
        talker.end()


@contextmanager
def azrun(command: str, project: Path) -> Iterator[str]:
    """`azrun dev` or `azrun serve` on a free port, and its URL."""
    with azrun_process(command, project) as (_, url):
        yield url


@contextmanager
def azrun_process(command: str, project: Path) -> Iterator[tuple[int, str]]:
    """The same, with its process id."""
    process = subprocess.Popen(
        [sys.executable, "-m", "azrun", command, "--port", "0", "--config", str(project)],
        text=True, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTHON")},
    )  # fmt: skip
    assert process.stderr is not None
    try:
        found = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stderr)
        yield process.pid, next(match[0] for match in found if match)
    finally:
        process.terminate()
        process.stderr.read()
        process.stderr.close()
        process.wait(20)
