"""Writes docs/commands.md from the commands' own `--help`; `--check` only compares."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from click.testing import CliRunner

from azrun.cli import main

PAGE = Path(__file__).with_name("commands.md")


def commands(command: click.Command, name: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The command's own name and those of all below it, in their order."""
    found = [name]
    if isinstance(command, click.Group):
        context = click.Context(command)
        for child in command.list_commands(context):
            below = command.get_command(context, child)
            assert below is not None
            found += commands(below, (*name, child))
    return found


def page() -> str:
    """The page as it should be."""
    parts = ["# Commands\n\nGenerated from `--help` by `make docs`.\n"]
    for name in commands(main, ("azrun",)):
        run = CliRunner().invoke(main, [*name[1:], "--help"], prog_name="azrun", terminal_width=90)
        parts.append(f"\n## {' '.join(name)}\n\n```text\n{run.output.rstrip()}\n```\n")
    return "".join(parts)


if __name__ == "__main__":
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(page(), "utf-8")
    elif PAGE.read_text("utf-8") != page():
        sys.exit(f"{PAGE.name} is out of date: run `make docs`")
