"""One line of what the doctor says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Mark(StrEnum):
    """How a finding is to be taken."""

    FACT = "fact"
    GOOD = "good"
    NOTE = "note"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """`advice` is what to do, line by line; a BROKEN one always has some."""

    name: str
    text: str
    mark: Mark = Mark.FACT
    advice: Sequence[str] = ()


Findings = Iterator[Finding]
