"""Write a few pages of the evaluation as files, for who has none of its fonts.

`python models/tiny-ocr/samples.py`: `samples/*.webp`, and in `samples.json` what each says.
"""

from __future__ import annotations

import json
import random
from pathlib import Path

from exam import KINDS

FOLDER = Path(__file__).parent / "samples"
COUNTS = {"line": 12, "block": 4, "table": 4}


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    said: dict[str, str] = {}
    for kind, count in COUNTS.items():
        rng = random.Random(f"samples {kind}")
        for index in range(1, count + 1):
            page, name = KINDS[kind](rng), f"{kind}-{index:02}.webp"
            page.image.save(FOLDER / name, quality=85)
            said[name] = page.text
    text = json.dumps(said, ensure_ascii=False, indent=2)
    (FOLDER / "samples.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
