"""`make bench`: every row against its peer in one run, as a table, kept in docs/benchmarks.md.

    python benchmarks/run.py [ROW …]

With names of rows only those are measured, and the page is left alone.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import uvloop

import cells
import servers
from measure import NotMeasured, Row
from peers import MINIFLARE, PYERYX

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
MARK = "<!-- what follows is written by make bench -->\n"
ROWS = cells.ROWS | servers.ROWS


def measure(name: str) -> list[Row]:
    print(f"measuring {name} …", file=sys.stderr, flush=True)
    try:
        rows: list[Row] = uvloop.run(ROWS[name]())
    except NotMeasured as error:
        rows = [Row(name, "–", "–", f"not measured: {error}", "–", "–", None)]
    return rows


def table(rows: list[Row]) -> str:
    verdict = {True: "met", False: "**missed**", None: "–"}
    lines = [
        "| what | against | bar | azrun | peer | ratio | |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {r.what} | {r.peer} | {r.bar} | {r.ours} | {r.theirs} | {r.ratio}"
            f" | {verdict[r.met]} |"
            for r in rows
        ),
    ]
    return "\n".join(lines) + "\n"


def machine() -> str:
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 30
    node = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout.strip()
    versions = ", ".join(f"{name} {version(name)}" for name in ("wasmtime", "uvicorn", "uvloop"))
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}: {cpu}, {os.cpu_count()} cores, {memory} GB,"
        f" {system}, Python {platform.python_version()},"
        f" {versions}; peers: {PYERYX}, {MINIFLARE} on Node.js {node}.\n"
    )


def main(names: list[str]) -> None:
    rows = [row for name in names or ROWS for row in measure(name)]
    text = table(rows)
    print(text)
    if not names:
        before = PAGE.read_text("utf-8").partition(MARK)[0]
        PAGE.write_text(f"{before}{MARK}\n{machine()}\n{text}", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
