"""What stands behind an id, in words."""

from __future__ import annotations

from azrun.inference.registry import Row
from azrun.observe.units import size

STYLES = {"not pulled": "yellow", "missing": "red"}


def state(row: Row) -> str:
    """`ready`: its files are on this machine, or it is elsewhere."""
    if row.behind is None:
        return "-"
    if row.state == "not pulled":
        return row.state
    elsewhere = "://" in row.behind
    return "ready" if row.size or elsewhere else "missing"


def behind(row: Row) -> str:
    if row.behind is None:
        return "nothing"
    named = f"{row.behind} ({size(row.size)})" if row.size else row.behind
    return f"{named}, a stand-in" if row.stand_in else named
