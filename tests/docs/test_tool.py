"""The page on the tool's own pages names every metric and every call."""

from __future__ import annotations

from pathlib import Path

import pytest

from azrun.edge.tool.openai import CALLS
from azrun.inference.types import BackendStats
from azrun.observe.metrics import Metrics

PAGE = (Path(__file__).parents[2] / "docs" / "tool.md").read_text("utf-8")


@pytest.mark.parametrize(
    "name",
    [
        family.name + ("_total" if family.type == "counter" else "")
        for family in Metrics(lambda: {"m": BackendStats("ready")}).collect()
    ],
)
def test_a_metric_is_documented(name: str) -> None:
    assert f"`{name}`" in PAGE


@pytest.mark.parametrize("call", CALLS)
def test_a_call_is_documented(call: str) -> None:
    assert f"/-/v1/{call}`" in PAGE
