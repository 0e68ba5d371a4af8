"""The tables of docs/benchmarks.md: each lies between two marks and is written by its command."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from measure import Row

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
END = "<!-- end -->"


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


def write(command: str, versions: str, rows: list[Row]) -> None:
    """Puts the rows between the command's marks."""
    mark = f"<!-- written by {command} -->\n"
    before, found, rest = PAGE.read_text("utf-8").partition(mark)
    assert found, f"{PAGE} has no place for {command}"
    after = rest.partition(END)[2]
    text = f"{before}{mark}\n{machine()}, {versions}.\n\n{table(rows)}\n{END}{after}"
    PAGE.write_text(text, "utf-8")


def packages(*names: str) -> str:
    return ", ".join(f"{name} {version(name)}" for name in names)


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
    system = f"{platform.system()} {platform.release().partition('-')[0]}"
    return (
        f"{datetime.now(UTC):%Y-%m-%d}: {cpu}, {os.cpu_count()} cores, {memory} GB,"
        f" {system}, Python {platform.python_version()}"
    )
