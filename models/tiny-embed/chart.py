"""Draw what a training measured on the way as an SVG: shares of one over the steps."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

WIDTH, HEIGHT, LEFT, BOTTOM = 720, 320, 56, 36
STYLE = "font: 12px sans-serif; background: white"

Point = tuple[float, float]
Shown = Mapping[str, tuple[str, str]]
"""A measurement's key, its colour and its name."""


def draw(folder: Path, shown: Shown) -> None:
    """`curve.jsonl` of `folder` as its `curve.svg`."""
    lines = (folder / "curve.jsonl").read_text().splitlines()
    (folder / "curve.svg").write_text(drawn([json.loads(line) for line in lines], shown))


def drawn(entries: list[dict[str, float]], shown: Shown) -> str:
    last = max(entry["step"] for entry in entries)
    parts = [_level(share / 10) for share in range(0, 11, 2)]
    parts += [_label(_x(step, last), HEIGHT - 14, f"{step:,}") for step in _ticks(last)]
    for row, (key, (color, name)) in enumerate(shown.items()):
        points = [(_x(e["step"], last), _y(e[key])) for e in entries if key in e]
        parts += [_line(points, color), _label(WIDTH - 90, 200 + 18 * row, name, color)]
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{STYLE}">\n{body}\n</svg>\n'


def _x(step: float, last: float) -> float:
    return LEFT + (WIDTH - LEFT - 24) * step / last


def _y(share: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 16) * share


def _ticks(last: float) -> range:
    return range(0, int(last) + 1, 200 * max(1, round(last / 1600)))


def _level(share: float) -> str:
    line = _line([(LEFT, _y(share)), (WIDTH - 24, _y(share))], "#dddddd", 1)
    return line + _label(LEFT - 24, _y(share) + 4, f"{100 * share:g} %")


def _line(points: list[Point], color: str, width: float = 2) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}"/>'


def _label(x: float, y: float, text: str, color: str = "#444444") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{color}" text-anchor="middle">{text}</text>'
