"""Train tiny-embed from nothing: `python models/tiny-embed/train.py --checkpoint tiny-embed.pt`.

Run again with the same checkpoint, it goes on where it stopped. Texts that belong together are
drawn towards each other, away from all others in the batch and from one that looks alike.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from asking import Vectors
from evaluate import judged
from model import CONTEXT, WIDTH, Encoder, padded
from torch import Tensor
from torch.nn import functional
from wordpiece import CLS, SEP, tokenizer
from world.pairs import Pair, pairs

BATCH, PARTS = 192, 6
SIZES = (WIDTH, 128, 64, 32)
"""The lengths that a vector can be cut to and still be of use."""
TEMPERATURE = 0.05
WARM_UP, DECAY = 100, 0.5
MATRIX_RATE, OTHER_RATE = 2e-3, 2e-3
EVERY = 100


@dataclass
class Run:
    """A training in progress: what the checkpoint holds."""

    model: Encoder
    optimizers: tuple[torch.optim.Optimizer, ...]
    step: int = 0
    seconds: float = 0.0

    def save(self, path: Path) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "seconds": self.seconds,
        }
        torch.save(state, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.seconds = state["step"], state["seconds"]


def begin(seed: int, device: str) -> Run:
    """A fresh model; Muon for the blocks' matrices, AdamW for all else."""
    torch.manual_seed(seed)
    model = Encoder().to(device)
    blocks = [p for p in model.blocks.parameters() if p.ndim == 2]
    inside = {id(p) for p in blocks}
    others = [p for p in model.parameters() if id(p) not in inside]
    muon = torch.optim.Muon(blocks, MATRIX_RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    adam = torch.optim.AdamW(others, OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    return Run(model, (muon, adam))


def ids_of(text: str) -> list[int]:
    """A text's ids as llama.cpp feeds them."""
    return [CLS, *tokenizer()(text)[: CONTEXT - 2], SEP]


def vectors(model: Encoder, texts: list[str]) -> Tensor:
    """A vector for each text, those of like length side by side: [texts, WIDTH]."""
    device = next(model.parameters()).device
    rows = [ids_of(text) for text in texts]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    size = -(-len(rows) // PARTS)
    parts = [order[at : at + size] for at in range(0, len(rows), size)]
    found = [model.pooled(padded([rows[i] for i in part]).to(device)) for part in parts]
    back = torch.empty(len(rows), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(rows))
    return torch.cat(found)[back.to(device)]


def loss_of(batch: list[Pair], found: Tensor) -> Tensor:
    """How badly each text picks its partner among all, at every size of the vectors."""
    count = len(batch)
    keys = [pair.key for pair in batch]
    same = torch.tensor([[a == b for b in keys] for a in keys], device=found.device)
    same.fill_diagonal_(False)
    wanted = torch.arange(count, device=found.device)
    total = found.new_zeros(())
    for size in SIZES:
        first, second, other = functional.normalize(found[:, :size], dim=1).split(count)
        near = (first @ second.T / TEMPERATURE).masked_fill(same, -1e4)
        far = (first @ other.T / TEMPERATURE).masked_fill(same, -1e4)
        total = total + functional.cross_entropy(torch.cat((near, far), 1), wanted)
        total = total + 0.5 * functional.cross_entropy(near.T, wanted)
    return total / len(SIZES)


def rate(step: int, steps: int) -> float:
    """Warm up, hold, and come down to nothing over the last part of the run."""
    return min(1.0, (step + 1) / WARM_UP, max(0.0, (steps - step) / (DECAY * steps)))


def learn(run: Run, options: argparse.Namespace) -> dict[str, float]:
    """EVERY steps on pairs that nobody saw before; the mean loss."""
    source = pairs(random.Random(f"training {options.seed} {run.step}"))
    device, total = next(run.model.parameters()).device, 0.0
    for _ in range(EVERY):
        batch = list(islice(source, BATCH))
        for optimizer, peak in zip(run.optimizers, (MATRIX_RATE, OTHER_RATE), strict=True):
            optimizer.param_groups[0]["lr"] = peak * rate(run.step, options.steps)
            optimizer.zero_grad()
        texts = [text for part in ("first", "second", "other") for text in _part(batch, part)]
        with torch.autocast(device.type, torch.bfloat16):
            found = vectors(run.model, texts)
        loss = loss_of(batch, found.float())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
        for optimizer in run.optimizers:
            optimizer.step()
        total += loss.item()
        run.step += 1
    return {"loss": round(total / EVERY, 4)}


def _numpy(found: Tensor) -> Vectors:
    return found.float().cpu().numpy()


def _part(batch: list[Pair], name: str) -> list[str]:
    return [getattr(pair, name) for pair in batch]


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    run = begin(options.seed, "cuda" if torch.cuda.is_available() else "cpu")
    if options.checkpoint.exists():
        run.load(options.checkpoint)
    started = time.monotonic() - run.seconds
    while run.step < options.steps:
        entry = learn(run, options)
        run.seconds = time.monotonic() - started
        run.save(options.checkpoint)
        if run.step % (2 * EVERY) == 0 or run.step >= options.steps:
            with torch.no_grad():
                entry |= judged(lambda texts: _numpy(vectors(run.model, texts)), 200, "validation")
        _report(options.curve, {"step": run.step, "seconds": round(run.seconds), **entry})


def _report(curve: Path, entry: dict[str, float]) -> None:
    line = json.dumps(entry)
    print(line, flush=True)
    with curve.open("a") as file:
        file.write(line + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("tiny-embed.pt"))
    parser.add_argument("--curve", type=Path, default=Path("curve.jsonl"))
    parser.add_argument("--steps", type=int, default=1_400, help=f"a multiple of {EVERY}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
