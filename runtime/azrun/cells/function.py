"""A function as the cells know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from azrun.config.limits import Limits

Isolation = Literal["cell", "request"]


class Compiled:
    """A function's byte code, once its first cell has made it; later cells load it as it is.

    It is what the guest says: nobody but the same function's guest may read it.
    """

    def __init__(self) -> None:
        self.code: Any = None


@dataclass(frozen=True, slots=True)
class Function:
    """One version of one function: what a cell is made from.

    `folder`, when given, is mounted read-only at `/function` in the cell.
    """

    name: str
    path: Path
    source: str
    filename: str
    folder: Path | None = None
    args: Any = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    isolation: Isolation = "cell"
    compiled: Compiled = field(default_factory=Compiled, compare=False)
