"""Draw `curve.jsonl`, what `train.py` measured on the way, as `curve.svg`."""

from __future__ import annotations

import json
import math
from pathlib import Path

HERE = Path(__file__).parent
WIDTH, HEIGHT, LEFT, BOTTOM = 720, 320, 56, 36
MOST, LEAST = 1.0, 0.01
SHOWN = {"eye_errors": ("#888888", "eye (CTC)"), "errors": ("#c2410c", "decoder")}
STYLE = "font: 12px sans-serif; background: white"

Point = tuple[float, float]


def drawn(entries: list[dict[str, float]]) -> str:
    """An SVG of character error rates on unseen fonts and words over the steps."""
    last = max(entry["step"] for entry in entries)
    parts = [_level(rate) for rate in (1.0, 0.3, 0.1, 0.03, 0.01)]
    parts += [_label(_x(step, last), HEIGHT - 14, f"{step:,}") for step in _ticks(last)]
    for row, (key, (color, name)) in enumerate(SHOWN.items()):
        points = [(_x(e["step"], last), _y(e[key])) for e in entries if key in e]
        parts += [_line(points, color), _label(WIDTH - 90, 24 + 18 * row, name, color)]
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{STYLE}">\n{body}\n</svg>\n'


def _x(step: float, last: float) -> float:
    return LEFT + (WIDTH - LEFT - 24) * step / last


def _y(rate: float) -> float:
    height = math.log(min(MOST, max(LEAST, rate)) / LEAST) / math.log(MOST / LEAST)
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 16) * height


def _ticks(last: float) -> range:
    return range(0, int(last) + 1, 1024 * max(1, round(last / 6144)))


def _level(rate: float) -> str:
    line = _line([(LEFT, _y(rate)), (WIDTH - 24, _y(rate))], "#dddddd", 1)
    return line + _label(LEFT - 24, _y(rate) + 4, f"{100 * rate:g} %")


def _line(points: list[Point], color: str, width: float = 2) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}"/>'


def _label(x: float, y: float, text: str, color: str = "#444444") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{color}" text-anchor="middle">{text}</text>'


if __name__ == "__main__":
    lines = (HERE / "curve.jsonl").read_text().splitlines()
    (HERE / "curve.svg").write_text(drawn([json.loads(line) for line in lines]))
