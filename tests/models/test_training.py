"""What the trainings of the embedded models share, as far as it runs without PyTorch."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

MODELS = Path(__file__).parents[2] / "models"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(MODELS))
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "training"]:
        del sys.modules[name]


def test_a_curve_has_a_line_for_each_measurement(tmp_path: Path) -> None:
    from training.chart import draw

    entries = [
        {"step": 100, "loss": 2.0},
        {"step": 200, "loss": 1.5, "first": 0.5, "exact": {"talk": 0.25}},
        {"step": 300, "loss": 1.0, "first": 1.0, "exact": {"talk": 0.75}},
    ]
    lines = "".join(json.dumps(entry) + "\n" for entry in entries)
    (tmp_path / "curve.jsonl").write_text(lines)
    draw(tmp_path, {"first": ("#111111", "first"), "exact/talk": ("#222222", "talk")})
    drawn = ElementTree.fromstring((tmp_path / "curve.svg").read_text())
    points = {line.get("stroke"): line.get("points") for line in drawn.iter(f"{SVG}polyline")}
    assert points["#111111"] == "482.7,150.0 696.0,16.0"
    assert points["#222222"] == "482.7,217.0 696.0,83.0"


def test_error_rates_are_drawn_by_their_logarithm() -> None:
    from training.chart import ERRORS

    assert [ERRORS.height(rate) for rate in (0.001, 0.01, 0.1, 1.0, 3.0)] == pytest.approx(
        [0, 0, 0.5, 1, 1]
    )


def test_rows_by_group_and_their_shares() -> None:
    from training.tables import by_group, share

    groups = by_group([("b", True), ("a", False), ("b", False), ("b", True)], lambda row: row[0])
    assert list(groups) == ["a", "b"]
    assert {name: share([right for _, right in rows]) for name, rows in groups.items()} == {
        "a": 0.0,
        "b": 0.6667,
    }
