"""`azrun doctor`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from azrun.cli.doctor.finding import Finding
    from azrun.observe.terminal import Terminal

WIDTH = 11
INDENT = " " * (WIDTH + 3)
SIGNS = {
    "fact": (" ", None),
    "good": ("✓", "green"),
    "note": ("!", "yellow"),
    "broken": ("✗", "red"),
}


@click.command()
def doctor() -> None:
    """Say what this machine has for azrun, and what is wrong with it.

    The exit code is 1 where something is broken; each problem comes with what to do.
    """
    import sys

    from azrun.cli.doctor.finding import Mark
    from azrun.cli.doctor.llama import llama
    from azrun.cli.doctor.machine import machine
    from azrun.cli.doctor.sandbox import sandbox
    from azrun.cli.doctor.store import store
    from azrun.observe.terminal import Terminal

    terminal, broken = Terminal(sys.stdout), 0
    parts = {"Machine": machine, "Inference": llama, "Sandbox": sandbox, "Models": store}
    for number, (title, part) in enumerate(parts.items()):
        terminal.line(("\n" if number else "") + terminal.paint(title, bold=True))
        for finding in part():
            broken += finding.mark is Mark.BROKEN
            _print(terminal, finding)
    terminal.line("")
    if broken:
        terminal.line(terminal.paint(f"{broken} broken: see ✗ above", fg="red", bold=True))
        raise click.exceptions.Exit(1)
    terminal.line("Nothing is broken.")


def _print(terminal: Terminal, finding: Finding) -> None:
    sign, colour = SIGNS[finding.mark]
    name = terminal.paint(finding.name.ljust(WIDTH), dim=True)
    first, *rest = _wrapped(finding.text)
    terminal.line(f"{terminal.paint(sign, fg=colour)} {name} {first}")
    for line in rest:
        terminal.line(f"{INDENT}{line}")
    for line in finding.advice:
        if line.startswith("CMAKE_ARGS"):  # a command to copy: never cut
            terminal.line(f"{INDENT}  {terminal.paint(line, fg='cyan')}")
        else:
            terminal.line(f"{INDENT}{line}")


def _wrapped(text: str) -> list[str]:
    import shutil
    import sys
    import textwrap

    if not sys.stdout.isatty():
        return [text]
    width = max(40, shutil.get_terminal_size().columns - len(INDENT) - 1)
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False) or [""]
