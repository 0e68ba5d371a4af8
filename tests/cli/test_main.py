from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from azrun import __version__
from azrun.cli import COMMANDS

HEAVY = ("starlette", "wasmtime", "pydantic", "uvicorn", "jinja2", "asyncio")


def test_the_version(run: Any) -> None:
    assert run("--version").output == f"azrun {__version__}\n"


def test_help_lists_every_command(run: Any) -> None:
    output = " ".join(run("--help").output.split())
    for name, text in COMMANDS.items():
        assert f"{name} {text}" in output


@pytest.mark.parametrize("name", list(COMMANDS))
def test_a_command_says_of_itself_what_the_list_says(run: Any, name: str) -> None:
    output = " ".join(run(name, "--help").output.split())
    assert COMMANDS[name] in output


def test_an_unknown_command(run: Any) -> None:
    result = run("fly")
    assert result.exit_code == 2
    assert "No such command 'fly'" in result.output


@pytest.mark.parametrize("args", [["--help"], ["dev", "--help"], ["init", "--help"]])
def test_help_waits_for_nothing_heavy(args: list[str]) -> None:
    code = (
        "import sys; from azrun.cli import main; main(sys.argv[1:], standalone_mode=False);"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *args], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", [["dev"], ["serve"], ["invoke", "/"]])
def test_a_missing_project_is_one_line_and_a_hint(run: Any, command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code == 3
    message, hint = result.stderr.splitlines()
    assert message.startswith("azrun: ")
    assert message.endswith("azion.config.json does not exist")
    assert hint.startswith("Run `azrun init NAME`")
