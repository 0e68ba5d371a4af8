"""From a token's bytes to text that may be shown."""

from __future__ import annotations

import codecs

from azrun.inference.overlap import overlap


class Text:
    """Decodes UTF-8 piece by piece, and looks for stop strings.

    No character is cut, and no text is given out that may still turn out to begin a stop
    string; once one is found, `stopped` holds it, and it is not part of the text.
    """

    def __init__(self, stop: tuple[str, ...] = ()) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._stop = stop
        self._held = ""
        self.stopped: str | None = None

    def feed(self, piece: bytes) -> str:
        """What may be shown now."""
        return self._release(self._decoder.decode(piece))

    def finish(self) -> str:
        """All that was held back, when no more tokens come."""
        if self.stopped is not None:
            return ""
        shown = self._release(self._decoder.decode(b"", True))
        held, self._held = self._held, ""
        return shown + held

    def _release(self, new: str) -> str:
        if not self._stop:
            return new
        if self.stopped is not None:
            return ""
        self._held += new
        found = [(at, stop) for stop in self._stop if (at := self._held.find(stop)) >= 0]
        if found:
            at, self.stopped = min(found)
            shown, self._held = self._held[:at], ""
            return shown
        keep = overlap(self._held, self._stop)
        cut = len(self._held) - keep
        shown, self._held = self._held[:cut], self._held[cut:]
        return shown
