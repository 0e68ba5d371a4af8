"""Lists as a search makes them: the wrong documents are those that tiny-embed finds nearest."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import sources  # noqa: F401
import torch
from exam import apart
from lists import DOCUMENTS, Ranking, aspects_of
from model import Encoder, batches
from torch import Tensor
from torch.nn import functional
from training.checkpoint import saved
from wordpiece import CLS, SEP, tokenizer
from world.facts import Fact, any_fact, other_attribute
from world.meanings import Voice
from world.noise import noisy
from world.pairs import held_out, voices
from world.phrasing import phrased

FACTS = 600
"""The passages of one library, and the questions that are asked of it."""
NEAR = 14
"""Among how many of the nearest passages the wrong ones are drawn."""
TOGETHER = 100


def encoder_of(checkpoint: Path, device: str) -> Encoder:
    """tiny-embed's encoder, to search with."""
    encoder = Encoder()
    encoder.load_state_dict(saved(checkpoint)["model"])
    return encoder.to(device).eval()


def found(rng: random.Random, encoder: Encoder) -> Iterator[Ranking]:
    """Training lists without end, from one library of facts after the other."""
    while True:
        yield from _searched(rng, encoder, _facts(rng))


def _facts(rng: random.Random) -> list[Fact]:
    """Facts of which some are on the same thing, none of them the evaluation's."""
    facts: dict[str, Fact] = {}
    while len(facts) < FACTS:
        fact = any_fact(rng)
        for each in (fact, other_attribute(rng, fact), other_attribute(rng, fact)):
            if not held_out(each.key):
                facts.setdefault(each.key, each)
    return list(facts.values())


def _searched(rng: random.Random, encoder: Encoder, facts: list[Fact]) -> Iterator[Ranking]:
    ways = [_way(rng, fact, *voices(rng)) for fact in facts]
    asked, told = zip(*ways, strict=True)
    near = _vectors(encoder, asked) @ _vectors(encoder, told).T
    near.fill_diagonal_(-1)
    for right, row in enumerate(near.topk(NEAR).indices.tolist()):
        wrong = [i for i in rng.sample(row, DOCUMENTS - 1) if told[i] != told[right]]
        chosen = [right, *wrong]
        aspects = tuple(aspects_of(facts[right], facts[i]) for i in chosen)
        yield Ranking(noisy(rng, asked[right]), tuple(told[i] for i in chosen), aspects)


def _way(rng: random.Random, fact: Fact, asking: Voice, telling: Voice) -> tuple[str, str]:
    """A question and its passage that share few words: of three ways the best."""
    ways = [
        (phrased(rng, fact).asked(rng, asking), phrased(rng, fact).told(rng, telling))
        for _ in range(3)
    ]
    return apart(ways)


@torch.no_grad()
def _vectors(encoder: Encoder, texts: tuple[str, ...]) -> Tensor:
    """A vector of length one for each text; those of like length are read side by side."""
    rows = [[CLS, *tokenizer()(text), SEP] for text in texts]
    parts, back = batches(rows, TOGETHER)
    device = encoder.kind.device
    with torch.autocast(device.type, torch.bfloat16):
        vectors = [encoder.pooled(part.to(device)) for part in parts]
    return functional.normalize(torch.cat(vectors)[back.to(device)], dim=1)
