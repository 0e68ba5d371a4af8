"""Conversations as batches of token ids, short ones with short ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from tokenizers import Tokenizer
from torch import Tensor

from tinychat.conversation import Conversation, segments
from tinychat.lessons import conversation
from tinychat.tokens import CONTROL, MARKS, SIZE

LONGEST = 1024
BATCH_TOKENS, CHUNK = 2560, 1024
FARTHEST = 3000
"""How many positions a jump may skip: distances of long prompts, without their cost."""
Sample = tuple[list[int], list[bool]]


@dataclass(frozen=True, slots=True)
class Batch:
    """Ids and positions [rows, steps]; `learned` marks the ids that are to be predicted."""

    ids: Tensor
    positions: Tensor
    learned: Tensor


def encoded(tokenizer: Tokenizer, taught: Conversation) -> Sample:
    """Ids, and whether the model is to write each."""
    ids: list[int] = []
    learned: list[bool] = []
    for text, written in segments(taught):
        part = tokenizer.encode(text).ids
        ids += part
        learned += [written] * len(part)
    return ids, learned


def drill(rng: random.Random) -> Sample:
    """Random tokens, and the same again a few times: nothing but copying helps here."""
    pool = rng.sample(range(SIZE - len(CONTROL) - len(MARKS)), rng.choice((16, 64, 256)))
    once = rng.choices(pool, k=rng.choice((6, 8, 12, 16, 24, 32, 48)))
    times = max(2, min(6, 72 // len(once)))
    return once * times, [False] * len(once) + [True] * (len(once) * (times - 1))


@dataclass(frozen=True, slots=True)
class Parts:
    """Which part of the samples are drills or skip positions, which part of prompts is learned."""

    drills: float = 0.0
    jumps: float = 0.0
    prompts: float = 0.0


def chunk(tokenizer: Tokenizer, seed: str, parts: Parts) -> Iterator[Batch]:
    """CHUNK samples in batches of about BATCH_TOKENS."""
    rng = random.Random(seed)
    samples = [
        drill(rng) if rng.random() < parts.drills else encoded(tokenizer, conversation(rng))
        for _ in range(CHUNK)
    ]
    groups = list(_grouped([sample for sample in samples if len(sample[0]) <= LONGEST]))
    rng.shuffle(groups)
    for group in groups:
        yield batch(group, rng, parts)


def _grouped(samples: list[Sample]) -> Iterator[list[Sample]]:
    group: list[Sample] = []
    for sample in sorted(samples, key=lambda one: len(one[0])):
        if (len(group) + 1) * len(sample[0]) > BATCH_TOKENS:
            yield group
            group = []
        group.append(sample)
    if group:
        yield group


def batch(
    samples: list[Sample], rng: random.Random | None = None, parts: Parts | None = None
) -> Batch:
    """Samples side by side; with `rng`, changed at random as `parts` says."""
    steps = max(len(ids) for ids, _ in samples)
    ids = torch.zeros(len(samples), steps, dtype=torch.long)
    positions = torch.arange(steps).repeat(len(samples), 1)
    learned = torch.zeros(len(samples), steps, dtype=torch.bool)
    for row, (said, marks) in enumerate(samples):
        ids[row, : len(said)] = torch.tensor(said)
        learned[row, : len(said)] = torch.tensor(marks)
        if rng and parts:
            if parts.prompts:
                extra = torch.tensor([rng.random() < parts.prompts for _ in said])
                learned[row, : len(said)] |= extra
            if rng.random() < parts.jumps:
                positions[row, rng.randrange(steps) :] += int(rng.triangular(0, FARTHEST, 0))
    learned[:, 0] = False
    return Batch(ids, positions, learned)
