"""Train tiny-chat from nothing: `python models/tiny-chat/train.py --checkpoint tiny-chat.pt`.

Run again with the same checkpoint, it goes on where it stopped. All conversations are made on
the way; none is shown twice.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tinychat.batches import Batch, Parts, Sample, batch, chunk, encoded
from tinychat.lessons import conversation
from tinychat.model import Chat
from tinychat.tokens import load, tokenizer_of
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

HERE = Path(__file__).parent
WARM_UP, DECAY = 100, 0.65
MATRIX_RATE, OTHER_RATE = 3e-3, 2.5e-3
DRILLS, DRILL_STEPS, LAST_DRILLS = 0.3, 1_000, 0.02
"""The part of copying drills at first, the steps in which it falls, and the part that stays."""
PROMPTS, PROMPT_STEPS = 0.15, 500
"""Which part of the prompts is learned too, and for how long."""
JUMPS = 0.3
"""The part of conversations whose positions jump, in the second half of the run."""
JUDGED_EVERY = 250


@dataclass
class Run:
    """A training in progress: what the checkpoint holds."""

    model: Chat
    optimizers: tuple[torch.optim.Optimizer, ...]
    step: int = 0
    chunks: int = 0
    seconds: float = 0.0

    def save(self, path: Path) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "chunks": self.chunks,
            "seconds": self.seconds,
        }
        torch.save(state, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.chunks, self.seconds = state["step"], state["chunks"], state["seconds"]


def begin(seed: int, device: str) -> Run:
    """A fresh model; Muon for the blocks' matrices, AdamW for all else."""
    torch.manual_seed(seed)
    model = Chat().to(device)
    matrices = [p for p in model.blocks.parameters() if p.ndim == 2]
    inside = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in inside]
    muon = torch.optim.Muon(
        matrices, MATRIX_RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw"
    )
    adam = torch.optim.AdamW(others, OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    return Run(model, (muon, adam))


def rate(step: int, steps: int) -> float:
    """Warm up, hold, and come down to nothing over the last part of the run."""
    return min(1.0, (step + 1) / WARM_UP, max(0.0, (steps - step) / (DECAY * steps)))


def answered(model: Chat, shown: Batch) -> tuple[Tensor, Tensor]:
    """The logits for the ids that are to be learned, and these ids."""
    device = next(model.parameters()).device
    states = model(shown.ids[:, :-1].to(device), shown.positions[:, :-1].to(device))
    learned = shown.learned[:, 1:].to(device)
    return model.logits(states[learned]).float(), shown.ids[:, 1:].to(device)[learned]


def _parts(run: Run, options: argparse.Namespace) -> Parts:
    return Parts(
        drills=max(LAST_DRILLS, DRILLS * (1 - run.step / DRILL_STEPS)),
        jumps=JUMPS if run.step > options.steps / 2 else 0.0,
        prompts=PROMPTS if run.step < PROMPT_STEPS else 0.0,
    )


def learn(run: Run, tokenizer: Tokenizer, options: argparse.Namespace) -> float:
    """One chunk of conversations; the mean loss."""
    device = next(run.model.parameters()).device
    losses = []
    for shown in chunk(tokenizer, f"training {options.seed} {run.chunks}", _parts(run, options)):
        scale = rate(run.step, options.steps)
        for optimizer, peak in zip(run.optimizers, (MATRIX_RATE, OTHER_RATE), strict=True):
            optimizer.param_groups[0]["lr"] = peak * scale
            optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16):
            loss = functional.cross_entropy(*answered(run.model, shown))
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
        for optimizer in run.optimizers:
            optimizer.step()
        losses.append(loss.item())
        run.step += 1
    run.chunks += 1
    return sum(losses) / len(losses)


@torch.no_grad()
def judge(model: Chat, tests: list[tuple[str, Sample]]) -> dict[str, float]:
    """By kind, the part of last answers of which every token is the likeliest one."""
    right: defaultdict[str, list[bool]] = defaultdict(list)
    for kind, sample in sorted(tests, key=lambda test: len(test[1][0])):
        shown = batch([sample])
        logits, wanted = answered(model, shown)
        right[kind.split(".")[0] if kind.startswith("talk") else kind].append(
            bool((logits.argmax(-1) == wanted).all())
        )
    return {kind: round(sum(found) / len(found), 3) for kind, found in sorted(right.items())}


def tests_of(tokenizer: Tokenizer, count: int) -> list[tuple[str, Sample]]:
    """Conversations with names that training never shows; only the last answer counts."""
    rng = random.Random("validation")
    made = [conversation(rng, fresh=True) for _ in range(count)]
    return [(one.kind, _last_only(encoded(tokenizer, one))) for one in made]


def _last_only(sample: Sample) -> Sample:
    ids, marks = sample
    end = max(i for i, mark in enumerate(marks) if mark)
    start = max((i for i in range(end) if not marks[i]), default=0)
    return ids, [start < i <= end for i in range(len(ids))]


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    tokenizer = tokenizer_of(load(HERE / "vocabulary.json"))
    run = begin(options.seed, "cuda" if torch.cuda.is_available() else "cpu")
    if options.checkpoint.exists():
        run.load(options.checkpoint)
    tests = tests_of(tokenizer, 400)
    started = time.monotonic() - run.seconds
    judged = run.step
    while run.step < options.steps:
        entry: dict[str, Any] = {"loss": round(learn(run, tokenizer, options), 4)}
        run.seconds = time.monotonic() - started
        run.save(options.checkpoint)
        if run.step - judged >= JUDGED_EVERY or run.step >= options.steps:
            judged = run.step
            entry["exact"] = judge(run.model, tests)
        _report(options.curve, {"step": run.step, "seconds": round(run.seconds), **entry})


def _report(curve: Path, entry: dict[str, Any]) -> None:
    line = json.dumps(entry)
    print(line, flush=True)
    with curve.open("a") as file:
        file.write(line + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("tiny-chat.pt"))
    parser.add_argument("--curve", type=Path, default=Path("curve.jsonl"))
    parser.add_argument("--steps", type=int, default=7_500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
