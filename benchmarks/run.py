"""`make bench`: every row against its peer in one run, as a table, kept in docs/benchmarks.md.

    python benchmarks/run.py [ROW …]

With names of rows only those are measured, and the page is left alone.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import uvloop

import cells
import page
import servers
from measure import NotMeasured, Row
from peers import MINIFLARE, PYERYX

ROWS = cells.ROWS | servers.ROWS


def measured(name: str, measure: Callable[[], Any]) -> list[Row]:
    """A row's lines; one that says why, where it cannot be measured here."""
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    try:
        rows: list[Row] = uvloop.run(measure())
    except NotMeasured as error:
        rows = [Row(name, "–", "–", f"not measured: {error}", "–", "–", None)]
    for row in rows:
        print(f"  {row.what}: {row.ours}, {row.theirs}, {row.ratio}", file=sys.stderr, flush=True)
    return rows


def versions() -> str:
    node = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    ours = page.packages("wasmtime", "uvicorn", "uvloop")
    return f"{ours}; peers: {PYERYX}, {MINIFLARE} on Node.js {node}"


def main(names: list[str]) -> None:
    rows = [row for name in names or ROWS for row in measured(name, ROWS[name])]
    print(page.table(rows))
    if not names:
        page.write("make bench", versions(), rows)


if __name__ == "__main__":
    main(sys.argv[1:])
