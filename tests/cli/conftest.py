"""The command line, in this process or as one of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from azrun.cli import main

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `azrun` with these arguments, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def invoke(*args: str, **options: object) -> Result:
        return CliRunner().invoke(main, args, prog_name="azrun", **options)  # type: ignore[arg-type]

    return invoke


@dataclass
class Server:
    """`azrun dev` or `azrun serve` in a process of its own."""

    process: subprocess.Popen[str]
    url: str = ""
    said: list[str] = field(default_factory=list)

    def says(self, pattern: str) -> re.Match[str]:
        """Reads stderr up to a line that matches."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            if found := re.search(pattern, line):
                return found
        raise AssertionError("".join(self.said))

    def end(self, how: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """Its exit code, its stdout, and what it had left to say on stderr."""
        self.process.send_signal(how)
        out, rest = self.process.communicate(timeout=30)
        return self.process.returncode, out, "".join(self.said) + rest


@pytest.fixture
def start() -> Iterator[Callable[..., Server]]:
    """Starts `azrun COMMAND` for the project in a folder, and reads until it is ready."""
    servers: list[Server] = []

    def begin(command: str, folder: Path) -> Server:
        server = Server(
            subprocess.Popen(
                [sys.executable, "-m", "azrun", command, "--port", "0"],
                cwd=folder,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                env=os.environ | {"NO_COLOR": "1"},
            )
        )
        servers.append(server)
        server.url = server.says(r"http://127\.0\.0\.1:\d+")[0]
        server.says("Ctrl")
        return server

    yield begin
    for server in servers:
        if server.process.returncode is None:
            server.process.kill()
            server.process.communicate()
