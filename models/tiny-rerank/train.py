"""Train tiny-rerank: `python models/tiny-rerank/train.py --checkpoint tiny-rerank.pt`.

It begins with the encoder of tiny-embed's checkpoint, which knows the words already. Run again
with the same checkpoint, it goes on where it stopped.
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

import numpy as np
import sources  # noqa: F401
import torch
from exam import library
from lists import DOCUMENTS, Ranking, rankings
from ranker import Ranker, judged
from torch import Tensor
from torch.nn import functional

BATCH = 24
WARM_UP, DECAY = 100, 0.6
MATRIX_RATE, OTHER_RATE = 1.5e-3, 1e-3
EVERY = 50
HINTS = 0.5
EASY = 300
"""The steps over which the wrong documents turn from any to those that look right."""


@dataclass
class Run:
    """A training in progress: what the checkpoint holds."""

    model: Ranker
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


def begin(seed: int, device: str, encoder: Path) -> Run:
    """tiny-embed's encoder and a fresh head; Muon for the blocks' matrices, AdamW for the rest."""
    torch.manual_seed(seed)
    model = Ranker()
    model.begin_with(torch.load(encoder, weights_only=True)["model"])
    model.to(device)
    blocks = [p for p in model.encoder.blocks.parameters() if p.ndim == 2]
    inside = {id(p) for p in blocks}
    others = [p for p in model.parameters() if id(p) not in inside]
    muon = torch.optim.Muon(blocks, MATRIX_RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    adam = torch.optim.AdamW(others, OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    return Run(model, (muon, adam))


def loss_of(found: Tensor, sizes: list[int]) -> Tensor:
    """The right document against its list, and each score against yes or no."""
    rows = torch.nn.utils.rnn.pad_sequence(
        list(found.split(sizes)), batch_first=True, padding_value=-1e4
    )
    first = torch.zeros(len(sizes), dtype=torch.long, device=found.device)
    wanted = torch.zeros_like(rows)
    wanted[:, 0] = 1
    real = rows > -1e3
    yes_or_no = functional.binary_cross_entropy_with_logits(rows[real], wanted[real])
    return functional.cross_entropy(rows, first) + yes_or_no


def rate(step: int, steps: int) -> float:
    """Warm up, hold, and come down to nothing over the last part of the run."""
    return min(1.0, (step + 1) / WARM_UP, max(0.0, (steps - step) / (DECAY * steps)))


def learn(run: Run, options: argparse.Namespace) -> dict[str, float]:
    """EVERY steps on lists that nobody saw before; the mean loss."""
    ease = max(0.1, 1 - run.step / EASY)
    source = rankings(random.Random(f"training {options.seed} {run.step}"), ease)
    device, total = next(run.model.parameters()).device, np.zeros(2)
    for _ in range(EVERY):
        batch = list(islice(source, BATCH))
        for optimizer, peak in zip(run.optimizers, (MATRIX_RATE, OTHER_RATE), strict=True):
            optimizer.param_groups[0]["lr"] = peak * rate(run.step, options.steps)
            optimizer.zero_grad()
        pairs = [(ranking.query, text) for ranking in batch for text in ranking.documents]
        with torch.autocast(device.type, torch.bfloat16):
            found = judged(run.model, pairs, hints=True)
        loss = loss_of(found.logits, [len(ranking.documents) for ranking in batch])
        (loss + HINTS * found.missed).backward()
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
        for optimizer in run.optimizers:
            optimizer.step()
        total += np.array((loss.item(), found.missed.item()))
        run.step += 1
    return dict(zip(("loss", "hints"), (total / EVERY).round(4).tolist(), strict=True))


def lists_to_judge(count: int) -> list[Ranking]:
    """Questions of the validation library, each with its passage and 19 that share words."""
    questions, passages = library(1000, "validation")
    words = [set(passage.lower().split()) for passage in passages]
    found = []
    for question in questions[:: len(questions) // count]:
        near = np.array([len(words[question.right] & other) for other in words], float)
        near[question.right] = -1
        others = np.argsort(-near, kind="stable")[: 2 * DOCUMENTS + 3]
        texts = (passages[question.right], *(passages[i] for i in others))
        found.append(Ranking(question.text, texts))
    return found


@torch.no_grad()
def judge(model: Ranker, lists: list[Ranking]) -> dict[str, float]:
    """How often the right one of twenty comes first."""
    right = 0
    for ranking in lists:
        found = judged(model, [(ranking.query, text) for text in ranking.documents]).logits
        right += int(found.argmax()) == 0
    return {"first": round(right / len(lists), 4)}


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    run = begin(options.seed, device, options.encoder)
    if options.checkpoint.exists():
        run.load(options.checkpoint)
    lists = lists_to_judge(100)
    started = time.monotonic() - run.seconds
    while run.step < options.steps:
        entry = learn(run, options)
        run.seconds = time.monotonic() - started
        run.save(options.checkpoint)
        if run.step % (2 * EVERY) == 0 or run.step >= options.steps:
            entry |= judge(run.model, lists)
        _report(options.curve, {"step": run.step, "seconds": round(run.seconds), **entry})


def _report(curve: Path, entry: dict[str, float]) -> None:
    line = json.dumps(entry)
    print(line, flush=True)
    with curve.open("a") as file:
        file.write(line + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("tiny-rerank.pt"))
    parser.add_argument("--encoder", type=Path, default=Path("tiny-embed.pt"))
    parser.add_argument("--curve", type=Path, default=Path("curve.jsonl"))
    parser.add_argument("--steps", type=int, default=1_600, help=f"a multiple of {EVERY}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
