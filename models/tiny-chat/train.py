"""Train tiny-chat from nothing: `python models/tiny-chat/train.py --checkpoint tiny-chat.pt`.

Run again with the same checkpoint, it goes on where it stopped. All conversations are made on
the way, from a seed.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import shared  # noqa: F401
import torch
from tinychat.batches import Batch, Parts, Sample, batch, chunk, encoded
from tinychat.lessons import conversation
from tinychat.model import Chat
from tinychat.tokens import load, tokenizer_of
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional
from training.checkpoint import Run
from training.loop import Entry, parser, train
from training.schedule import Schedule

HERE = Path(__file__).parent
SCHEDULE = Schedule(warm_up=100, decay=0.36, matrix=3e-3, other=2.5e-3)
DRILLS, DRILL_STEPS, LAST_DRILLS = 0.3, 1_000, 0.02
"""The part of copying drills at first, the steps in which it falls, and the part that stays."""
PROMPTS, PROMPT_STEPS = 0.15, 500
"""Which part of the prompts is learned too, and for how long."""
JUMPS = 0.3
"""The part of conversations whose positions jump, in the second half of the run."""
JUDGED_EVERY = 250


@dataclass
class Training(Run[Chat]):
    """`chunks` of conversations are behind it: the next one's seed."""

    chunks: int = 0


def begin(seed: int, device: str) -> Training:
    """A fresh model."""
    torch.manual_seed(seed)
    model = Chat().to(device)
    return Training(model, SCHEDULE.optimizers(model, model.blocks))


def answered(model: Chat, shown: Batch) -> tuple[Tensor, Tensor]:
    """The logits for the ids that are to be learned, and these ids."""
    device = next(model.parameters()).device
    states = model(shown.ids[:, :-1].to(device), shown.positions[:, :-1].to(device))
    learned = shown.learned[:, 1:].to(device)
    return model.logits(states[learned]).float(), shown.ids[:, 1:].to(device)[learned]


def _parts(run: Training, options: argparse.Namespace) -> Parts:
    return Parts(
        drills=max(LAST_DRILLS, DRILLS * (1 - run.step / DRILL_STEPS)),
        jumps=JUMPS if run.step > options.steps / 2 else 0.0,
        prompts=PROMPTS if run.step < PROMPT_STEPS else 0.0,
    )


def learn(run: Training, tokenizer: Tokenizer, options: argparse.Namespace) -> Entry:
    """One chunk of conversations; the mean loss."""
    device = next(run.model.parameters()).device
    losses = []
    for shown in chunk(tokenizer, f"training {options.seed} {run.chunks}", _parts(run, options)):
        with torch.autocast(device.type, torch.bfloat16):
            loss = functional.cross_entropy(*answered(run.model, shown))
        run.descend(loss, SCHEDULE.rates(run.step, options.steps))
        losses.append(loss.item())
    run.chunks += 1
    return {"loss": round(sum(losses) / len(losses), 4)}


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
    options = parser(__doc__, "tiny-chat", steps=50_000).parse_args()
    torch.set_num_threads(options.threads)
    tokenizer = tokenizer_of(load(HERE / "vocabulary.json"))
    run = begin(options.seed, "cuda" if torch.cuda.is_available() else "cpu")
    tests = tests_of(tokenizer, 400)
    train(
        run,
        options,
        learn=lambda: learn(run, tokenizer, options),
        judge=lambda: {"exact": judge(run.model, tests)},
        every=JUDGED_EVERY,
    )


if __name__ == "__main__":
    main()
