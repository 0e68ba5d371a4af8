"""What a server says when it is ready."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from azrun import __version__
from azrun.app import Project
from azrun.inference.registry import Row
from azrun.observe.terminal import Terminal
from azrun.observe.units import duration, size

INDENT = "  "


def banner(project: Project, url: str, seconds: float, stop: str) -> None:
    """Prints where the project is served, its routes, and what answers for which model."""
    terminal = Terminal(sys.stderr)
    paint = terminal.paint
    name = project.config.application.name
    head = f"{paint('azrun', fg='cyan', bold=True)} {__version__}  {name}"
    lines = [
        "",
        f"{head}  {paint(f'ready in {duration(seconds)}', dim=True)}",
        "",
        paint(url, bold=True, underline=True),
        "",
        *_routes(project, terminal),
        "",
        *model_lines(project.registry.describe(), shutil.get_terminal_size().columns - 4),
        "",
        paint(stop, dim=True),
        "",
    ]
    for line in lines:
        terminal.line(f"{INDENT}{line}" if line else "")


def _routes(project: Project, terminal: Terminal) -> Iterator[str]:
    width = max((len(route.when) for route in project.routes), default=0)
    for route in project.routes:
        failed = project.functions[route.instance].error is not None
        note = terminal.paint("  did not load", fg="red") if failed else ""
        yield f"{route.when:<{width}}  {route.instance}{note}"
    if not project.routes:
        yield "No rule runs a function: every request is answered with 404."


def model_lines(rows: Sequence[Row], width: int) -> Iterator[str]:
    """Configured models one by one; stand-ins and ids that nothing answers for in a few lines."""
    for row in rows:
        if row.behind is not None and not row.stand_in:
            yield f"{row.id}  {row.behind} ({size(row.size)})"
    standing = sorted((row for row in rows if row.stand_in), key=lambda row: row.behind or "")
    for behind, group in groupby(standing, key=lambda row: row.behind):
        names = ", ".join(row.id for row in group)
        yield from _wrapped(f"{behind}, a tiny stand-in, answers for {names}", width)
    if missing := ", ".join(row.id for row in rows if row.behind is None):
        yield from _wrapped(f"nothing answers for {missing}", width)


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 40), subsequent_indent=INDENT, break_on_hyphens=False)
