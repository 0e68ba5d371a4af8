"""Draw what a training measured on the way as an SVG: shares of one over the steps."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 320, 56, 16, 36
STYLE = "font: 12px sans-serif; background: white"

Point = tuple[float, float]
Shown = Mapping[str, tuple[str, str]]
"""A measurement's key (`exact/talk`: one inside another), its colour and its name."""


@dataclass(frozen=True)
class Scale:
    """How shares become heights: the levels that are drawn, and whether by their logarithm.

    `names` is how far below the top the lines' names begin, in pixels.
    """

    levels: tuple[float, ...]
    logarithmic: bool = False
    names: int = 200

    def height(self, share: float) -> float:
        """From 0 at the lowest level to 1 at the highest."""
        low, high = min(self.levels), max(self.levels)
        share = min(high, max(low, share))
        if self.logarithmic:
            return math.log(share / low) / math.log(high / low)
        return (share - low) / (high - low)


SHARES = Scale((0.0, 0.2, 0.4, 0.6, 0.8, 1.0))
ERRORS = Scale((1.0, 0.3, 0.1, 0.03, 0.01), logarithmic=True, names=24)


def draw(folder: Path, shown: Shown, scale: Scale = SHARES) -> None:
    """`curve.jsonl` of `folder` as its `curve.svg`."""
    lines = (folder / "curve.jsonl").read_text().splitlines()
    (folder / "curve.svg").write_text(drawn([json.loads(line) for line in lines], shown, scale))


def drawn(entries: list[dict[str, Any]], shown: Shown, scale: Scale = SHARES) -> str:
    last = max(entry["step"] for entry in entries)
    parts = [_level(share, scale) for share in scale.levels]
    parts += [_label(_x(step, last), HEIGHT - 14, f"{step:,}") for step in _ticks(last)]
    for row, (key, (color, name)) in enumerate(shown.items()):
        points = [
            (_x(entry["step"], last), _y(scale.height(value)))
            for entry in entries
            if (value := _measured(entry, key)) is not None
        ]
        parts += [_line(points, color)]
        parts += [_label(WIDTH - 90, scale.names + 18 * row, name, color)]
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{STYLE}">\n{body}\n</svg>\n'


def _measured(entry: dict[str, Any], key: str) -> float | None:
    found: Any = entry
    for part in key.split("/"):
        found = found.get(part) if isinstance(found, dict) else None
    return None if found is None else float(found)


def _x(step: float, last: float) -> float:
    return LEFT + (WIDTH - LEFT - 24) * step / last


def _y(height: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * height


def _ticks(last: float) -> range:
    """Some eight round numbers of steps."""
    return range(0, int(last) + 1, 200 * max(1, round(last / 1600)))


def _level(share: float, scale: Scale) -> str:
    y = _y(scale.height(share))
    return _line([(LEFT, y), (WIDTH - 24, y)], "#dddddd", 1) + _label(
        LEFT - 24, y + 4, f"{100 * share:g} %"
    )


def _line(points: list[Point], color: str, width: float = 2) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}"/>'


def _label(x: float, y: float, text: str, color: str = "#444444") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{color}" text-anchor="middle">{text}</text>'
