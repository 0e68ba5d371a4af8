"""Lists as a search makes them: the wrong documents are those that tiny-embed finds nearest."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import sources  # noqa: F401
import torch
from lists import DOCUMENTS, Ranking, aspects_of
from model import Encoder, padded
from torch import Tensor
from torch.nn import functional
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
    encoder.load_state_dict(torch.load(checkpoint, weights_only=True)["model"])
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
    ways = [_apart(rng, fact, *voices(rng)) for fact in facts]
    asked, told = zip(*ways, strict=True)
    near = _vectors(encoder, asked) @ _vectors(encoder, told).T
    near.fill_diagonal_(-1)
    for right, row in enumerate(near.topk(NEAR).indices.tolist()):
        chosen = [right, *rng.sample(row, DOCUMENTS - 1)]
        aspects = tuple(aspects_of(facts[right], facts[i]) for i in chosen)
        yield Ranking(noisy(rng, asked[right]), tuple(told[i] for i in chosen), aspects)


def _apart(rng: random.Random, fact: Fact, asking: Voice, telling: Voice) -> tuple[str, str]:
    """A question and its passage that share few words: of three ways the best."""
    ways = [
        (phrased(rng, fact).asked(rng, asking), phrased(rng, fact).told(rng, telling))
        for _ in range(3)
    ]
    return min(ways, key=lambda way: len(set(way[0].lower().split()) & set(way[1].lower().split())))


@torch.no_grad()
def _vectors(encoder: Encoder, texts: tuple[str, ...]) -> Tensor:
    """A vector of length one for each text; those of like length are read side by side."""
    rows = [[CLS, *tokenizer()(text), SEP] for text in texts]
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    device = encoder.kind.device
    vectors = torch.empty(len(rows), len(encoder.kind), device=device)
    for at in range(0, len(order), TOGETHER):
        part = order[at : at + TOGETHER]
        with torch.autocast(device.type, torch.bfloat16):
            vectors[part] = encoder.pooled(padded([rows[i] for i in part]).to(device))
    return functional.normalize(vectors, dim=1)
