"""A training in progress, and the file that it goes on from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor, nn

Model = TypeVar("Model", bound=nn.Module)
KEPT_APART = {"model", "optimizers"}


def saved(path: Path) -> dict[str, Any]:
    """What `Run.save` wrote, on the CPU whatever the device it was written on."""
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    return state


@dataclass
class Run(Generic[Model]):
    """A model, its optimizers and how far they are.

    A subclass may add counters as fields with defaults: the checkpoint holds them too.
    """

    model: Model
    optimizers: tuple[torch.optim.Optimizer, ...]
    step: int = 0
    seconds: float = 0.0

    def descend(self, loss: Tensor, rates: Sequence[float]) -> None:
        """One step down the gradient of `loss`, with a learning rate for each optimizer."""
        for optimizer, rate in zip(self.optimizers, rates, strict=True):
            optimizer.param_groups[0]["lr"] = rate
            optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        self.step += 1

    def save(self, path: Path) -> None:
        """Write the checkpoint whole or not at all."""
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            **{name: getattr(self, name) for name in self._counters()},
        }
        torch.save(state, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)

    def load(self, path: Path) -> None:
        state = saved(path)
        self.model.load_state_dict(state["model"])
        for optimizer, kept in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(kept)
        for name in self._counters():
            setattr(self, name, state[name])

    def _counters(self) -> list[str]:
        return [field.name for field in fields(self) if field.name not in KEPT_APART]
