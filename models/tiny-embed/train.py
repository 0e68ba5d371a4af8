"""Train tiny-embed from nothing: `python models/tiny-embed/train.py --checkpoint tiny-embed.pt`.

Run again with the same checkpoint, it goes on where it stopped. Texts that belong together are
drawn towards each other, away from all others in the batch and from one that looks alike.
"""

from __future__ import annotations

import argparse
import random
from itertools import islice

import shared  # noqa: F401
import torch
from asking import Vectors
from evaluate import judged
from model import CONTEXT, WIDTH, Encoder, batches
from torch import Tensor
from torch.nn import functional
from training.checkpoint import Run
from training.loop import Entry, parser, train
from training.schedule import Schedule
from wordpiece import CLS, SEP, tokenizer
from world.pairs import Pair, pairs

BATCH, PARTS = 192, 6
SIZES = (WIDTH, 128, 64, 32)
"""The lengths that a vector can be cut to and still be of use."""
TEMPERATURE = 0.05
SCHEDULE = Schedule(warm_up=100, decay=0.5, matrix=2e-3, other=2e-3)
EVERY = 100


def begin(seed: int, device: str) -> Run[Encoder]:
    """A fresh model."""
    torch.manual_seed(seed)
    model = Encoder().to(device)
    return Run(model, SCHEDULE.optimizers(model, model.blocks))


def ids_of(text: str) -> list[int]:
    """A text's ids as llama.cpp feeds them."""
    return [CLS, *tokenizer()(text)[: CONTEXT - 2], SEP]


def vectors(model: Encoder, texts: list[str]) -> Tensor:
    """A vector for each text, those of like length side by side: [texts, WIDTH]."""
    device = next(model.parameters()).device
    rows = [ids_of(text) for text in texts]
    parts, back = batches(rows, -(-len(rows) // PARTS))
    found = [model.pooled(part.to(device)) for part in parts]
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


def learn(run: Run[Encoder], options: argparse.Namespace) -> Entry:
    """EVERY steps on pairs that nobody saw before; the mean loss."""
    source = pairs(random.Random(f"training {options.seed} {run.step}"))
    device, total = next(run.model.parameters()).device, 0.0
    for _ in range(EVERY):
        batch = list(islice(source, BATCH))
        texts = [text for part in ("first", "second", "other") for text in _part(batch, part)]
        with torch.autocast(device.type, torch.bfloat16):
            found = vectors(run.model, texts)
        loss = loss_of(batch, found.float())
        run.descend(loss, SCHEDULE.rates(run.step, options.steps))
        total += loss.item()
    return {"loss": round(total / EVERY, 4)}


@torch.no_grad()
def judge(model: Encoder) -> Entry:
    """The evaluation's shares, on 200 trials and questions of another seed."""
    return judged(lambda texts: _numpy(vectors(model, texts)), 200, "validation")


def _numpy(found: Tensor) -> Vectors:
    return found.float().cpu().numpy()


def _part(batch: list[Pair], name: str) -> list[str]:
    return [getattr(pair, name) for pair in batch]


def main() -> None:
    options = parser(__doc__, "tiny-embed", steps=1_400).parse_args()
    torch.set_num_threads(options.threads)
    run = begin(options.seed, "cuda" if torch.cuda.is_available() else "cpu")
    train(
        run,
        options,
        learn=lambda: learn(run, options),
        judge=lambda: judge(run.model),
        every=2 * EVERY,
    )


if __name__ == "__main__":
    main()
