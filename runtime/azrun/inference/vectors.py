"""Embeddings at other lengths than their model makes them."""

from __future__ import annotations

from array import array

from azrun.inference.errors import InvalidRequest


def resized(vector: array[float], dimensions: int, pads: bool = False) -> array[float]:
    """The first `dimensions` numbers of a vector, of length 1 again.

    InvalidRequest where it has fewer; or, where `pads`, zeros behind them: they change no angle,
    and a table made for the larger model's vectors takes them.
    """
    missing = dimensions - len(vector)
    if missing > 0 and not pads:
        raise InvalidRequest(f"dimensions: the model makes {len(vector)}, not {dimensions}")
    cut = vector[:dimensions]
    length = sum(number * number for number in cut) ** 0.5 or 1.0
    return array("f", [number / length for number in cut] + [0.0] * missing)
