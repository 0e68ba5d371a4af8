"""An answer's text, read from its front while its end is still being written.

What reads is a generator: it yields parts, and None where it cannot go on before more text has
come. So a dialect is written as if all of the text were there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator

from azrun.inference.dialects.parts import Part, Text, Thought
from azrun.inference.overlap import overlap

LONGEST_HEAD = 1024  # characters before a call's arguments: what is held back is looked at again

Reading = Generator[Part | None, None, None]
Found = Generator[Part | None, None, str | None]


class Source:
    """The text that has come and was not read yet; `ended` when no more will come."""

    def __init__(self) -> None:
        self.text = ""
        self.ended = False

    def take(self, size: int) -> str:
        taken, self.text = self.text[:size], self.text[size:]
        return taken

    def find(self, markers: tuple[str, ...]) -> tuple[int, str] | None:
        """Where the first of the markers is, and which."""
        found = [(at, marker) for marker in markers if (at := self.text.find(marker)) >= 0]
        return min(found) if found else None


def until(source: Source, markers: tuple[str, ...], make: Callable[[str], Part]) -> Found:
    """Gives out the text before the first marker, takes the marker, and returns it."""
    while True:
        found = source.find(markers)
        if found:
            at, marker = found
            if at:
                yield make(source.take(at))
            source.take(len(marker))
            return marker
        sure = len(source.text) - (0 if source.ended else overlap(source.text, markers))
        if sure:
            yield make(source.take(sure))
        if source.ended:
            return None
        yield None


def accept(source: Source, *markers: str) -> Found:
    """Takes and returns the marker with which the text begins, after white space."""
    while True:
        text = source.text.lstrip()
        for marker in markers:
            if text.startswith(marker):
                source.text = text[len(marker) :]
                return marker
        if source.ended or not any(marker.startswith(text) for marker in markers):
            return None
        yield None


def upto(source: Source, marker: str) -> Found:
    """Takes what stands before the marker, and the marker; None where it never comes."""
    while (found := source.find((marker,))) is None:
        if source.ended:
            return None
        yield None
    text = source.take(found[0])
    source.take(len(marker))
    return text


def opened(source: Source, marker: str) -> Found:
    """Gives out the text before the next call, if there is any, and takes the marker that opens
    it; None where no call comes."""
    return (yield from accept(source, marker)) or (yield from until(source, (marker,), Text))


def skip_space(source: Source) -> Reading:
    """Takes white space, until something else comes."""
    while not (text := source.text.lstrip()) and not source.ended:
        source.text = text
        yield None
    source.text = text


def rest(source: Source) -> Reading:
    """All the rest is text."""
    yield from until(source, (), Text)


def thought(source: Source, opening: str, closing: str, inside: bool) -> Reading:
    """A thought, where the text begins with one, or, `inside`, with the middle of one."""
    if not inside and (yield from accept(source, opening)) is None:
        return
    yield from skip_space(source)
    space = ""
    ending = until(source, (closing,), Thought)
    for part in ending:
        if not isinstance(part, Thought):
            yield part
            continue
        kept = part.text.rstrip()
        if kept:
            yield Thought(space + kept)
            space = ""
        space += part.text[len(kept) :]
    yield from skip_space(source)
