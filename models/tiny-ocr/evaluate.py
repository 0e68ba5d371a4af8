"""Judge the model end to end, through a running azrun: pages it never saw, whole and unfitted.

`python models/tiny-ocr/evaluate.py --url http://127.0.0.1:3333/v1 --count 500`: the function
behind the address calls `Azion.AI.run`. Fonts, words and seeds are none of the training's.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import random
import re
import statistics
import sys
import time
from dataclasses import dataclass

import shared  # noqa: F401
from exam import KINDS, Page, edits
from PIL import Image
from training import client
from training.tables import by_group, share

PROMPT = (
    "Extract the text from the above document as if you were reading it naturally. Return the"
    " tables in html format. Watermarks should be wrapped in brackets. Ex:"
    " <watermark>OFFICIAL COPY</watermark>. Page numbers should be wrapped in brackets. Ex:"
    " <page_number>14</page_number> or <page_number>9/22</page_number>."
)
"""What Nanonets-OCR-s is asked, in short: what names the tags that are wanted."""


@dataclass(frozen=True)
class Reading:
    """One page, what was read and how long that took."""

    page: Page
    text: str
    seconds: float

    @property
    def errors(self) -> int:
        return edits(self.text, self.page.text)

    @property
    def cells(self) -> tuple[int, int]:
        """How many of a table's cells are right, at their place, and how many there are: on the
        page, or in the answer if it has more."""
        wanted, found = _cells(self.page.text), _cells(self.text)
        right = sum(found.get(place) == cell for place, cell in wanted.items())
        return right, max(len(wanted), len(found))


def ask(url: str, model: str, image: Image.Image, prompt: str = "") -> str:
    """What the model behind an OpenAI-compatible address reads on a page."""
    content: list[dict[str, object]] = [
        {"type": "image_url", "image_url": {"url": _data_url(image)}},
        {"type": "text", "text": prompt},
    ]
    body = {
        "model": model,
        "messages": [{"role": "user", "content": content if prompt else content[:1]}],
        "temperature": 0,
    }
    text: str = client.ask(url, "chat/completions", body)["choices"][0]["message"]["content"]
    return text


def error_rate(readings: list[Reading]) -> float:
    """Wrong, missing and surplus characters, per character printed."""
    return sum(r.errors for r in readings) / sum(len(r.page.text) for r in readings)


def report(kind: str, readings: list[Reading]) -> dict[str, object]:
    """The figures of the model card."""
    milliseconds = statistics.median(1000 * r.seconds for r in readings)
    found: dict[str, object] = {"images": len(readings), "milliseconds": round(milliseconds)}
    if kind == "table":
        right, cells = map(sum, zip(*(r.cells for r in readings), strict=True))
        return found | {"cells": cells, "cells_right": round(right / cells, 4)}
    fonts = by_group(readings, lambda reading: reading.page.font)
    return found | {
        "character_error_rate": round(error_rate(readings), 4),
        "exact": share([not reading.errors for reading in readings]),
        "by_font": {font: round(error_rate(group), 4) for font, group in fonts.items()},
    }


def judge(kind: str, options: argparse.Namespace) -> dict[str, object]:
    """Reads `options.count` pages of a kind."""
    rng, readings = random.Random(f"evaluation {kind} {options.seed}"), list[Reading]()
    for _ in range(options.count):
        page, began = KINDS[kind](rng), time.monotonic()
        text = ask(options.url, options.model, page.image, PROMPT if kind == "table" else "")
        readings.append(Reading(page, text, time.monotonic() - began))
        if options.mistakes and readings[-1].errors:
            print(f"{page.font}: {page.text!r}\n  read as {text!r}", file=sys.stderr)
    return report(kind, readings)


def main() -> None:
    options = _options()
    print(json.dumps({kind: judge(kind, options) for kind in options.kinds}, indent=2))


def _cells(text: str) -> dict[tuple[int, int], str]:
    return {
        (row, column): cell
        for row, line in enumerate(re.findall("<tr>(.*?)</tr>", text))
        for column, cell in enumerate(re.findall("<td>(.*?)</td>", line))
    }


def _data_url(page: Image.Image) -> str:
    file = io.BytesIO()
    page.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:3333/v1")
    parser.add_argument("--model", default="nanonets/Nanonets-OCR-s")
    parser.add_argument("--count", type=int, default=500, help="pages of each kind")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=[*KINDS])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mistakes", action="store_true", help="print what was misread")
    return parser.parse_args()


if __name__ == "__main__":
    main()
