"""What the SDK raises.

    Exception
    ├── AIError              Azion.AI.run could not answer
    ├── HandlerError         a file has no handler or more than one, or gave no answer
    ├── InvalidStateError    an event's method was called when its time had passed
    └── TypeError, ValueError
        └── InvalidURL       an address cannot be parsed

JavaScript's `TypeError` is Python's, its `RangeError` is `ValueError`, its `SyntaxError` of
`json()` is `json.JSONDecodeError`.
"""

from __future__ import annotations

__all__ = ["AIError", "HandlerError", "InvalidStateError", "InvalidURL"]


class AIError(Exception):
    """`Azion.AI.run` failed. Its message holds "validation error" for a request the model does
    not accept, and "model not found" for a model id that is not there."""


class HandlerError(Exception):
    """A function's file has no handler, or more than one, or its listener gave no answer."""


class InvalidStateError(Exception):
    """A method of an event was called twice, or after its time (a DOMException on the web)."""


class InvalidURL(TypeError, ValueError):
    """An address cannot be parsed: a TypeError on the web, a ValueError by Python's habit."""
