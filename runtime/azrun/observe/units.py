"""Numbers as a person reads them."""

from __future__ import annotations

from azrun.inference.types import ModelUse

AT_ONCE = 0.02  # of the whole time: tokens that came in less were decoded before they were told


def duration(seconds: float) -> str:
    """`0.4 ms`, `31 ms`, `4.2 s`."""
    if seconds >= 1:
        return f"{seconds:.1f} s"
    milliseconds = seconds * 1000
    return f"{milliseconds:.1f} ms" if milliseconds < 10 else f"{milliseconds:.0f} ms"


def size(count: int) -> str:
    """`812 B`, `2.6 MB`, `4.7 GB`."""
    amount, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"


def rate(use: ModelUse) -> float:
    """Tokens a second once the first was there; over the whole time, where all came at once."""
    first = use.first_token_seconds or 0.0
    if use.completion_tokens > 1 and use.seconds - first > AT_ONCE * use.seconds:
        return (use.completion_tokens - 1) / (use.seconds - first)
    return use.completion_tokens / use.seconds if use.seconds else 0.0
