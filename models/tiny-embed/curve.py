"""Draw `curve.jsonl`, what `train.py` measured on the way, as `curve.svg`."""

from __future__ import annotations

from pathlib import Path

import shared  # noqa: F401
from training.chart import draw

SHOWN = {
    "paraphrase": ("#2563eb", "paraphrase"),
    "recall@5": ("#c2410c", "recall@5"),
    "recall@1": ("#888888", "recall@1"),
}

if __name__ == "__main__":
    draw(Path(__file__).parent, SHOWN)
