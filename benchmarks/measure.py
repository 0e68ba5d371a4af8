"""What every row of the table is made of."""

from __future__ import annotations

import statistics
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass


class NotMeasured(Exception):
    """A row cannot be measured here; the text says what is missing."""


@dataclass(frozen=True)
class Row:
    """One line of the table. `bar` is for `ratio`, or, where there is no peer, for `ours`."""

    what: str
    peer: str
    bar: str
    ours: str
    theirs: str
    ratio: str
    met: bool | None


def spread(values: list[float], unit: str, digits: int = 2) -> str:
    """The median, and the middle half of the values."""
    quarters = statistics.quantiles(values, n=4) if len(values) > 1 else [values[0]] * 3
    low, middle, high = (f"{quarter:.{digits}f}" for quarter in quarters)
    return f"{middle} {unit} ({low} to {high})"


def paired(ours: list[float], theirs: list[float]) -> float:
    """The median of the ratios of values measured in the same turn.

    Between turns a shared machine's speed drifts by more than what is to be told apart.
    """
    return statistics.median(one / other for one, other in zip(ours, theirs, strict=True))


def at_most(
    what: str, peer: str, bar: float, ours: list[float], theirs: list[float], unit: str = "ms"
) -> Row:
    """A row whose bar is a ratio that should not be passed."""
    ratio = paired(ours, theirs)
    return Row(
        what, peer, f"≤ {bar} ×", spread(ours, unit), spread(theirs, unit), f"{ratio:.2f} ×",
        ratio <= bar,
    )  # fmt: skip


def at_least(
    what: str, peer: str, bar: float, ours: list[float], theirs: list[float], unit: str
) -> Row:
    """A row whose bar is a ratio that should be reached."""
    ratio = paired(ours, theirs)
    return Row(
        what, peer, f"≥ {bar} ×", spread(ours, unit, 0), spread(theirs, unit, 0),
        f"{ratio:.2f} ×", ratio >= bar,
    )  # fmt: skip


def alone(what: str, bar: float, ours: list[float], unit: str) -> Row:
    """A row without a peer."""
    return Row(
        what, "–", f"≤ {bar} {unit}", spread(ours, unit), "–", "–",
        statistics.median(ours) <= bar,
    )  # fmt: skip


async def milliseconds(work: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await work()
    return (time.perf_counter() - started) * 1e3
