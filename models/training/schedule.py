"""The optimizers and their learning rates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn


@dataclass(frozen=True)
class Schedule:
    """Warm up, hold, and come down to nothing over the last `decay` (a share) of the run.

    `matrix` and `other` are the highest rates of the blocks' matrices and of all else.
    """

    warm_up: int
    decay: float
    matrix: float
    other: float

    def rates(self, step: int, steps: int) -> tuple[float, float]:
        """The learning rates of the two optimizers at a step of a run of `steps`."""
        left = max(0.0, (steps - step) / (self.decay * steps))
        share = min(1.0, (step + 1) / self.warm_up, left)
        return self.matrix * share, self.other * share

    def optimizers(
        self, model: nn.Module, blocks: Iterable[nn.Module]
    ) -> tuple[torch.optim.Optimizer, torch.optim.Optimizer]:
        """Muon for the matrices of `blocks`, AdamW for all else of `model`."""
        matrices = [p for block in blocks for p in block.parameters() if p.ndim == 2]
        inside = {id(p) for p in matrices}
        others = [p for p in model.parameters() if id(p) not in inside]
        muon = torch.optim.Muon(
            matrices, self.matrix, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
        )
        adam = torch.optim.AdamW(others, self.other, betas=(0.9, 0.98), weight_decay=0.01)
        return muon, adam
