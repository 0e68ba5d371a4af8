"""A model call, as those hear of it who count and trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from azrun.inference.types import ModelUse

CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class ModelCall:
    """One model call that has ended. Times are in nanoseconds since 1970.

    `operation` is OpenTelemetry's name for it (`chat`, `text_completion`, `embeddings`), or
    `rerank` or `score`; `answered` names what stands behind the model id, "-" where nothing
    does; `use` is None where no model took the call up. `error` is the error's class, CANCELLED
    where the caller left, "" where all went well. `parent` is the span of its invocation.
    """

    operation: str
    asked: str
    answered: str
    request: Mapping[str, Any]
    began: int
    ended: int
    use: ModelUse | None
    error: str
    parent: Any


Ended = Callable[[ModelCall], None]


def ignore(call: ModelCall) -> None:
    """For who does not count."""
