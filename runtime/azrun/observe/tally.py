"""Observations sorted into buckets, as Prometheus' histograms have them."""

from __future__ import annotations

from bisect import bisect_left


class Distribution:
    """Counts values, in seconds, by the first of `bounds` that they do not exceed."""

    def __init__(self, bounds: tuple[float, ...]) -> None:
        self._bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def add(self, value: float) -> None:
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    def buckets(self) -> list[tuple[str, float]]:
        """Each bound with how many values are at most it; the last is all of them."""
        names = [*map(str, self._bounds), "+Inf"]
        total, result = 0, []
        for name, count in zip(names, self._counts, strict=True):
            total += count
            result.append((name, float(total)))
        return result
