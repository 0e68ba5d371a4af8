"""Draw `curve.jsonl`, what `train.py` measured on the way, as `curve.svg`."""

from __future__ import annotations

from pathlib import Path

import shared  # noqa: F401
from training.chart import ERRORS, draw

SHOWN = {"eye_errors": ("#888888", "eye (CTC)"), "errors": ("#c2410c", "decoder")}

if __name__ == "__main__":
    draw(Path(__file__).parent, SHOWN, ERRORS)
