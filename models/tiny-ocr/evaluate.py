"""Judge the model end to end, through a running azrun: pages it never saw, whole and unfitted.

`python models/tiny-ocr/evaluate.py --url http://127.0.0.1:3333/v1 --count 300`: the function
behind the address calls `Azion.AI.run`. Fonts, words and seeds are none of the training's.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import random
import sys
import time
import urllib.request
from collections import defaultdict
from dataclasses import dataclass

from pages import evaluation_page
from PIL import Image


@dataclass(frozen=True)
class Reading:
    """One page: what it says and what was read."""

    font: str
    line: str
    text: str

    @property
    def errors(self) -> int:
        return edits(self.text, self.line)


def edits(a: str, b: str) -> int:
    """The Levenshtein distance of two texts."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        corner, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (x != y))
    return row[-1]


def ask(url: str, model: str, page: Image.Image) -> str:
    """What the model behind an OpenAI-compatible address reads on `page`."""
    image = {"type": "image_url", "image_url": {"url": _data_url(page)}}
    body = {
        "model": model,
        "messages": [{"role": "user", "content": [image]}],
        "temperature": 0,
        "max_tokens": 48,
    }
    request = urllib.request.Request(
        f"{url.rstrip('/')}/chat/completions",
        json.dumps(body).encode(),
        {"content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        text: str = json.load(answer)["choices"][0]["message"]["content"]
    return text


def error_rate(readings: list[Reading]) -> float:
    """Wrong, missing and surplus characters, per character printed."""
    return sum(r.errors for r in readings) / sum(len(r.line) for r in readings)


def report(readings: list[Reading], seconds: float) -> dict[str, object]:
    """The figures of the model card."""
    by_font: defaultdict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        by_font[reading.font].append(reading)
    return {
        "images": len(readings),
        "character_error_rate": round(error_rate(readings), 4),
        "exact_lines": round(sum(not r.errors for r in readings) / len(readings), 4),
        "milliseconds_each": round(1000 * seconds / len(readings)),
        "by_font": {font: round(error_rate(by_font[font]), 4) for font in sorted(by_font)},
    }


def main() -> None:
    options = _options()
    rng, readings, began = random.Random("evaluation"), [], time.monotonic()
    for _ in range(options.count):
        page, line, font = evaluation_page(rng)
        readings.append(Reading(font, line, ask(options.url, options.model, page)))
        if options.mistakes and readings[-1].errors:
            print(f"{font}: {line!r} read as {readings[-1].text!r}", file=sys.stderr)
    print(json.dumps(report(readings, time.monotonic() - began), indent=2))


def _data_url(page: Image.Image) -> str:
    file = io.BytesIO()
    page.save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="http://127.0.0.1:3333/v1")
    parser.add_argument("--model", default="nanonets/Nanonets-OCR-s")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--mistakes", action="store_true", help="print what was misread")
    return parser.parse_args()


if __name__ == "__main__":
    main()
