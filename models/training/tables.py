"""The tables of the cards: rows by group, and shares of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

Row = TypeVar("Row")


def by_group(rows: Iterable[Row], group: Callable[[Row], str]) -> dict[str, list[Row]]:
    """The rows of each group, the groups in the order of their names."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(group(row), []).append(row)
    return dict(sorted(found.items()))


def share(marks: Sequence[float]) -> float:
    """The mean of marks, such as the share of those that are true: to four digits."""
    return round(float(sum(marks)) / len(marks), 4)
