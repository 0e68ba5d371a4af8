from __future__ import annotations

import pytest

from azrun.observe.units import duration, size


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 ms"), (0.00042, "0.4 ms"), (0.0312, "31 ms"), (0.812, "812 ms"), (4.21, "4.2 s")],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (812, "812 B"), (7_716_928, "7.7 MB"), (640_000, "640 kB"), (4.7e12, "4700 GB")],
)
def test_sizes(count: int, text: str) -> None:
    assert size(count) == text
