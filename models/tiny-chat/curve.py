"""Draw `curve.jsonl`, what `train.py` measured on the way, as `curve.svg`."""

from __future__ import annotations

from pathlib import Path

import shared  # noqa: F401
from training.chart import draw

SHOWN = {
    "exact/talk": ("#888888", "talk"),
    "exact/reading.fact": ("#1d4ed8", "fact of a text"),
    "exact/tool.call": ("#c2410c", "tool call"),
    "exact/form.json": ("#15803d", "JSON"),
}

if __name__ == "__main__":
    draw(Path(__file__).parent, SHOWN)
