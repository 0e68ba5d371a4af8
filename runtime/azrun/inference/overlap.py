"""Text that may yet turn out to begin a word one is looking for."""

from __future__ import annotations

from collections.abc import Iterable


def overlap(text: str, words: Iterable[str]) -> int:
    """The length of the longest end of `text` with which one of `words` begins, short of all."""
    return max((_overlap(text, word) for word in words), default=0)


def _overlap(text: str, word: str) -> int:
    for size in range(min(len(text), len(word) - 1), 0, -1):
        if text.endswith(word[:size]):
            return size
    return 0
