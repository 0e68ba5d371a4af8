"""How sure a stand-in was of what it wrote."""

from __future__ import annotations

from azrun.inference.protocol import Piece
from azrun.inference.types import Doubt, GenerateRequest, Reason

LEAST_SURE, LEAST_SURE_SEEING = -0.3, -0.5
"""Mean log-probabilities of an answer's tokens, of a model that chats and of one that reads
images: where they are good at it they are above."""
FEWEST = 3  # tokens: fewer say nothing


class Confidence:
    """Of one request's answers together. A stand-in's worker gives log-probabilities unasked."""

    def __init__(self) -> None:
        self._total, self._count = 0.0, 0

    def add(self, piece: Piece) -> None:
        for one in piece.logprobs or ():
            self._total += one.chosen.logprob
            self._count += 1

    @property
    def mean(self) -> float:
        return self._total / self._count if self._count else 0.0

    def doubts(self, request: GenerateRequest) -> tuple[Doubt, ...]:
        """None where a grammar had its say: what that chooses need not be likely."""
        if self._count < FEWEST or request.json_schema or request.forced_tools:
            return ()
        least = LEAST_SURE_SEEING if request.images else LEAST_SURE
        return (Doubt(Reason.UNSURE),) if self.mean < least else ()
