"""Train tiny-ocr from nothing: `python models/tiny-ocr/train.py --checkpoint tiny-ocr.pt`.

Run again with the same checkpoint, it goes on where it stopped. The vision tower learns
alone at first, under a CTC loss; the decoder joins once the eye can see.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from evaluate import edits
from lessons import PAIRS, lessons
from model import END, LineReader, patches_of, read
from pages import Grids, evaluation_chunk
from text import CHARACTERS, LONGEST
from torch import Tensor
from torch.nn import functional

BATCH, PASSES = 64, 2
CHUNK_STEPS = PAIRS * PASSES // BATCH
WARM_UP, DECAY = 200, 0.4
MATRIX_RATE, OTHER_RATE = 2e-3, 1.5e-3
SLIPS = 0.05
"""How often the decoder is shown a wrong byte as its own last one, to learn to go on."""


@dataclass
class Run:
    """A training in progress: what the checkpoint holds."""

    model: LineReader
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
    model = LineReader().to(device)
    blocks = [p for part in (model.vision, model.text) for p in part.parameters() if p.ndim == 2]
    inside = {id(p) for p in blocks}
    others = [p for p in model.parameters() if id(p) not in inside]
    muon = torch.optim.Muon(blocks, MATRIX_RATE, weight_decay=0.01, adjust_lr_fn="match_rms_adamw")
    adam = torch.optim.AdamW(others, OTHER_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    return Run(model, (muon, adam))


def losses(
    model: LineReader, grids: Tensor, lines: list[str], *, decoder: bool
) -> tuple[Tensor, Tensor]:
    """The CTC loss of the columns and the cross-entropy of the bytes (0 without the decoder)."""
    seen = model.seen(patches_of(grids))
    logits = model.column_logits(seen).float().log_softmax(-1).transpose(0, 1)
    labels = torch.tensor([1 + CHARACTERS.index(char) for line in lines for char in line])
    frames = torch.full((len(lines),), logits.shape[0])
    lengths = torch.tensor([len(line) for line in lines])
    columns = functional.ctc_loss(
        logits, labels.to(grids.device), frames, lengths, zero_infinity=True
    )
    if not decoder:
        return columns, torch.zeros(())
    wanted = _bytes(lines).to(grids.device)
    slips = torch.rand(wanted.shape, device=grids.device) < SLIPS
    said = torch.where(slips, torch.randint_like(wanted, 32, 127), wanted.clamp(min=0))
    answers = model.byte_logits(seen, said[:, :-1]).float()
    return columns, functional.cross_entropy(
        answers.flatten(0, 1), wanted.flatten(), ignore_index=-100
    )


def _bytes(lines: list[str]) -> Tensor:
    """[lines, longest + 1]: each line's bytes and its end, then -100."""
    rows = [torch.tensor([*line.encode(), END]) for line in lines]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=-100)


def rate(step: int, steps: int) -> float:
    """Warm up, hold, and come down to nothing over the last part of the run."""
    return min(1.0, (step + 1) / WARM_UP, max(0.0, (steps - step) / (DECAY * steps)))


def learn(
    run: Run, grids: Grids, lines: list[str], options: argparse.Namespace
) -> dict[str, float]:
    """Every pair of a chunk, PASSES times; returns the mean losses."""
    device = next(run.model.parameters()).device
    order = np.concatenate(
        [np.random.default_rng((run.step, i)).permutation(len(lines)) for i in range(PASSES)]
    )
    torch.manual_seed(run.step)
    sums, decoder = np.zeros(2), run.step >= options.eye_steps
    for picked in order.reshape(-1, BATCH):
        scale = rate(run.step, options.steps)
        for optimizer, peak in zip(run.optimizers, (MATRIX_RATE, OTHER_RATE), strict=True):
            optimizer.param_groups[0]["lr"] = peak * scale
            optimizer.zero_grad()
        with torch.autocast(device.type, torch.bfloat16):
            batch = torch.from_numpy(grids[picked]).to(device)
            ctc, text = losses(run.model, batch, [lines[i] for i in picked], decoder=decoder)
        ((0.3 if decoder else 1.0) * ctc + text).backward()
        torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
        for optimizer in run.optimizers:
            optimizer.step()
        sums += ctc.item(), text.item()
        run.step += 1
    return dict(zip(("ctc", "text"), (sums / len(order) * BATCH).round(4).tolist(), strict=True))


@torch.no_grad()
def judge(run: Run, grids: Grids, lines: list[str], *, decoder: bool) -> dict[str, float]:
    """Character error rates on unseen fonts and words: the eye's, and the decoder's."""
    model, pages = run.model, torch.from_numpy(grids).to(next(run.model.parameters()).device)
    best = model.column_logits(model.seen(patches_of(pages))).argmax(-1).tolist()
    total = sum(map(len, lines))
    found = {"eye_errors": sum(map(edits, map(_collapsed, best), lines)) / total}
    if decoder:
        texts = read(model, pages, LONGEST)
        found["errors"] = sum(map(edits, texts, lines)) / total
        found["exact"] = sum(map(str.__eq__, texts, lines)) / len(lines)
    return {name: round(value, 4) for name, value in found.items()}


def _collapsed(frames: list[int]) -> str:
    starts = (f for f, before in zip(frames, [0, *frames], strict=False) if f and f != before)
    return "".join(CHARACTERS[f - 1] for f in starts)


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    run = begin(options.seed, "cuda" if torch.cuda.is_available() else "cpu")
    if options.checkpoint.exists():
        run.load(options.checkpoint)
    test = evaluation_chunk("validation", 200)
    started = time.monotonic() - run.seconds
    for grids, lines in lessons(options.seed, run.step // CHUNK_STEPS, options.workers):
        entry: dict[str, Any] = learn(run, grids, lines, options)
        run.seconds = time.monotonic() - started
        run.save(options.checkpoint)
        decoder = run.step > options.eye_steps
        if run.step // CHUNK_STEPS % 4 == 0 or run.step >= options.steps:
            entry |= judge(run, *test, decoder=decoder)
        _report(options.curve, {"step": run.step, "seconds": round(run.seconds), **entry})
        if run.step >= options.steps:
            return


def _report(curve: Path, entry: dict[str, Any]) -> None:
    line = json.dumps(entry)
    print(line, flush=True)
    with curve.open("a") as file:
        file.write(line + "\n")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint", type=Path, default=Path("tiny-ocr.pt"))
    parser.add_argument("--curve", type=Path, default=Path("curve.jsonl"))
    parser.add_argument("--steps", type=int, default=4_864, help=f"a multiple of {CHUNK_STEPS}")
    parser.add_argument("--eye-steps", type=int, default=1_280, help="steps without the decoder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1, help="processes that print pages")
    return parser.parse_args()


if __name__ == "__main__":
    main()
