"""Draw `curve.jsonl`, what `train.py` measured on the way, as `curve.svg`."""

from __future__ import annotations

import json
from pathlib import Path

HERE = Path(__file__).parent
WIDTH, HEIGHT, LEFT, BOTTOM = 720, 320, 56, 36
SHOWN = {
    "talk": ("#888888", "talk"),
    "reading.fact": ("#1d4ed8", "fact of a text"),
    "tool.call": ("#c2410c", "tool call"),
    "form.json": ("#15803d", "JSON"),
}
STYLE = "font: 12px sans-serif; background: white"

Point = tuple[float, float]


def drawn(entries: list[dict[str, dict[str, float]]], steps: list[float]) -> str:
    """An SVG of the part of answers that are right word by word, over the steps."""
    last = max(steps)
    parts = [_level(part) for part in (0.0, 0.25, 0.5, 0.75, 1.0)]
    parts += [_label(_x(step, last), HEIGHT - 14, f"{step:,}") for step in _ticks(last)]
    for row, (key, (color, name)) in enumerate(SHOWN.items()):
        found = zip(steps, entries, strict=True)
        points = [(_x(step, last), _y(entry["exact"][key])) for step, entry in found]
        parts += [_line(points, color), _label(LEFT + 60, 34 + 18 * row, name, color)]
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
    body = "\n".join(parts)
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} style="{STYLE}">\n{body}\n</svg>\n'


def _x(step: float, last: float) -> float:
    return LEFT + (WIDTH - LEFT - 24) * step / last


def _y(part: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - 16) * part


def _ticks(last: float) -> range:
    return range(0, int(last) + 1, 500 * max(1, round(last / 4000)))


def _level(part: float) -> str:
    line = _line([(LEFT, _y(part)), (WIDTH - 24, _y(part))], "#dddddd", 1)
    return line + _label(LEFT - 24, _y(part) + 4, f"{100 * part:g} %")


def _line(points: list[Point], color: str, width: float = 2) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="{width}"/>'


def _label(x: float, y: float, text: str, color: str = "#444444") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{color}" text-anchor="middle">{text}</text>'


if __name__ == "__main__":
    lines = [json.loads(line) for line in (HERE / "curve.jsonl").read_text().splitlines()]
    judged = [line for line in lines if "exact" in line]
    (HERE / "curve.svg").write_text(drawn(judged, [line["step"] for line in judged]))
