"""`make bench-inference`: the inference engine against llama-server, kept in docs/benchmarks.md.

    python benchmarks/inference.py [ROW …]

With names of rows only those are measured, and the page is left alone.
"""

from __future__ import annotations

import sys

import cost
import embeddings
import generation
import loading
import page
from llama_server import BUILT, PACKAGED
from run import measured

ROWS = generation.ROWS | embeddings.ROWS | cost.ROWS | loading.ROWS


def main(names: list[str]) -> None:
    rows = [row for name in names or ROWS for row in measured(name, ROWS[name])]
    print(page.table(rows))
    if not names:
        ours = page.packages("llama-cpp-python", "uvicorn", "uvloop")
        peers = f"{BUILT.version}, {PACKAGED.version}"
        page.write("make bench-inference", f"{ours}; peers: {peers}", rows)


if __name__ == "__main__":
    main(sys.argv[1:])
