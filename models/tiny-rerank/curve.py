"""Draw `curve.jsonl`, what `train.py` measured on the way, as `curve.svg`."""

from __future__ import annotations

import sources
from training.chart import draw

SHOWN = {"first": ("#c2410c", "right one first")}

if __name__ == "__main__":
    draw(sources.HERE, SHOWN)
