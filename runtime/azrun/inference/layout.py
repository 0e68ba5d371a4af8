"""How a context is laid out where its settings say nothing: known on both sides of the pipe."""

from __future__ import annotations

DEFAULT_CONTEXT = 8192  # a model's own may be 128k: gigabytes of cache that few requests use
SLOTS = 8
# Sharing the cells lets one request use all of them, and shares prefixes for nothing. With more
# slots than this every token would look past too many cells that are not its own.
MOST_SHARING = 8


def unified(slots: int) -> bool:
    """Whether so many slots share the cells of one request's context."""
    return slots <= MOST_SHARING


def cells(context: int, slots: int) -> int:
    """The whole KV cache's, or its bytes; `context` is what one request has of it."""
    return context if unified(slots) else context * slots
