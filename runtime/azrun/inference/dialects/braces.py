"""The end of a JSON object that is still being written."""

from __future__ import annotations

import re

_OUTSIDE = re.compile(r'["{}\[\]]')
_INSIDE = re.compile(r'["\\]')


class Braces:
    """Counts the brackets of a JSON value, `depth` of which are open, outside of its strings."""

    def __init__(self, depth: int = 0) -> None:
        self._depth = depth
        self._in_string = self._escaped = False

    def feed(self, text: str) -> int | None:
        """The place in `text` after the last bracket's end, or None where it has not come."""
        at = 1 if self._escaped and text else 0
        self._escaped = self._escaped and not text
        while found := (_INSIDE if self._in_string else _OUTSIDE).search(text, at):
            at = found.end()
            if found[0] == '"':
                self._in_string = not self._in_string
            elif found[0] == "\\":
                self._escaped = at == len(text)
                at += 1
            else:
                self._depth += 1 if found[0] in "{[" else -1
                if self._depth <= 0:
                    return at
        return None
