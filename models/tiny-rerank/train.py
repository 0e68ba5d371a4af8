"""Train tiny-rerank: `python models/tiny-rerank/train.py --checkpoint tiny-rerank.pt`.

It begins with the encoder of tiny-embed's checkpoint, which knows the words already. Run again
with the same checkpoint, it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import sources  # noqa: F401
import torch
from exam import library
from finding import encoder_of, found
from lists import DOCUMENTS, EASE, Ranking, rankings
from model import Encoder
from ranker import Ranker, judged
from torch import Tensor
from torch.nn import functional
from training.checkpoint import Run, saved
from training.loop import Entry, parser, train
from training.schedule import Schedule

BATCH, SEARCHED = 24, 12
"""Lists in a step, and how many of them are what tiny-embed finds."""
SCHEDULE = Schedule(warm_up=100, decay=0.35, matrix=1.5e-3, other=1e-3)
EVERY = 50
HINTS = 0.5
EASY = 300
"""The steps over which the wrong documents turn from any to those that look right."""


def begin(seed: int, device: str, encoder: Path) -> Run[Ranker]:
    """tiny-embed's encoder and a fresh head."""
    torch.manual_seed(seed)
    model = Ranker()
    model.begin_with(saved(encoder)["model"])
    model.to(device)
    return Run(model, SCHEDULE.optimizers(model, model.encoder.blocks))


def loss_of(found: Tensor, sizes: list[int]) -> Tensor:
    """The right document against its list, and each score against yes or no."""
    wanted = torch.cat([torch.eye(size)[0] for size in sizes]).to(found.device)
    yes_or_no = functional.binary_cross_entropy_with_logits(found, wanted)
    return choice_missed(found, sizes) + yes_or_no


def choice_missed(found: Tensor, sizes: list[int]) -> Tensor:
    """How surprising it is that the first document of each list is the right one."""
    rows = torch.nn.utils.rnn.pad_sequence(
        list(found.split(sizes)), batch_first=True, padding_value=-1e4
    )
    first = torch.zeros(len(sizes), dtype=torch.long, device=found.device)
    return functional.cross_entropy(rows, first)


def order_missed(found: Tensor, batch: Sequence[Ranking]) -> Tensor:
    """Among the wrong documents, those on the same thing come before all others."""
    missed = [found.new_zeros(())]
    for scores, ranking in zip(found.split(_sizes(batch)), batch, strict=True):
        near = torch.tensor([thing and qualifier for thing, _, qualifier in ranking.aspects[1:]])
        if near.any() and not near.all():
            scores = scores[1:]
            missed.append(scores.logsumexp(0) - scores[near.to(scores.device)].logsumexp(0))
    return torch.stack(missed).sum() / len(batch)


def _sizes(batch: Sequence[Ranking]) -> list[int]:
    return [len(ranking.documents) for ranking in batch]


def aspects_missed(found: Tensor, batch: Sequence[Ranking]) -> Tensor:
    """How far the aspects of those documents were missed of which they are known."""
    known = [bool(ranking.aspects) for ranking in batch for _ in ranking.documents]
    told = [aspects for ranking in batch for aspects in ranking.aspects]
    if not told:
        return found.new_zeros(())
    wanted = torch.tensor(told, dtype=found.dtype, device=found.device)
    return functional.binary_cross_entropy_with_logits(found[torch.tensor(known)], wanted)


def learn(run: Run[Ranker], encoder: Encoder, options: argparse.Namespace) -> Entry:
    """EVERY steps on lists that nobody saw before; the mean losses."""
    ease = max(EASE, 1 - run.step / EASY)
    rng = random.Random(f"training {options.seed} {run.step}")
    made, searched = rankings(rng, ease), found(rng, encoder)
    device, total = next(run.model.parameters()).device, np.zeros(5)
    for _ in range(EVERY):
        batch = [*islice(made, BATCH - SEARCHED), *islice(searched, SEARCHED)]
        pairs = [(ranking.query, text) for ranking in batch for text in ranking.documents]
        with torch.autocast(device.type, torch.bfloat16):
            told = judged(run.model, pairs, hints=True)
        losses = (
            loss_of(told.logits, _sizes(batch)),
            order_missed(told.logits, batch),
            choice_missed(told.nearness, _sizes(batch)),
            aspects_missed(told.aspects, batch),
            HINTS * told.missed,
        )
        run.descend(torch.stack(losses).sum(), SCHEDULE.rates(run.step, options.steps))
        total += np.array([each.item() for each in losses])
    names = ("loss", "order", "nearness", "aspects", "hints")
    return dict(zip(names, (total / EVERY).round(4).tolist(), strict=True))


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
def judge(model: Ranker, lists: list[Ranking]) -> Entry:
    """How often the right one of twenty comes first."""
    device, right = next(model.parameters()).device, 0
    for ranking in lists:
        with torch.autocast(device.type, torch.bfloat16):
            found = judged(model, [(ranking.query, text) for text in ranking.documents]).logits
        right += bool((found[0] > found[1:]).all())
    return {"first": round(right / len(lists), 4)}


def main() -> None:
    options = _options()
    torch.set_num_threads(options.threads)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    run = begin(options.seed, device, options.encoder)
    encoder, lists = encoder_of(options.encoder, device), lists_to_judge(100)
    train(
        run,
        options,
        learn=lambda: learn(run, encoder, options),
        judge=lambda: judge(run.model, lists),
        every=2 * EVERY,
    )


def _options() -> argparse.Namespace:
    made = parser(__doc__, "tiny-rerank", steps=12_000)
    made.add_argument("--encoder", type=Path, default=Path("tiny-embed.pt"))
    return made.parse_args()


if __name__ == "__main__":
    main()
