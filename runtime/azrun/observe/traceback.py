"""A guest's traceback for the function's author: without the frames that are not theirs."""

from __future__ import annotations

from collections.abc import Iterator

GUEST_ROOTS = ("/0/", "/1/")  # where a cell's component keeps the SDK and its own modules


def is_internal(file: str) -> bool:
    return file.startswith(GUEST_ROOTS)


def fold(text: str) -> str:
    """The traceback without the guest's internal frames, and without a heading left bare."""
    kept = list(_without_internal(text.splitlines()))
    return "\n".join(
        line
        for line, after in zip(kept, [*kept[1:], ""], strict=False)
        if after.startswith("  ") or not line.startswith("Traceback (")
    )


def _without_internal(lines: list[str]) -> Iterator[str]:
    internal = False
    for line in lines:
        if line.startswith('  File "'):
            internal = is_internal(line.removeprefix('  File "'))
        elif not line.startswith("    "):
            internal = False
        if not internal:
            yield line
