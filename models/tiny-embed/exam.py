"""What the evaluation asks: texts that the training never had, and what is right about them."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import shared  # noqa: F401
from world import meanings
from world.facts import Fact, any_fact, other_attribute
from world.meanings import ACTS, Meaning
from world.pairs import held_out

HERE = Path(__file__).parent
LANGUAGE_PAIRS = ((0, 0), (1, 1), (0, 1), (1, 0))
NAMES = ("en", "pt")


@dataclass(frozen=True)
class Trial:
    """Three texts of which the first two mean the same."""

    subset: str
    first: str
    same: str
    unrelated: str


@dataclass(frozen=True)
class Question:
    """A question, which of the passages answers it, and which subset it belongs to."""

    subset: str
    text: str
    right: int


def unseen(rng: random.Random, make: Callable[[random.Random], Meaning]) -> Meaning:
    """A meaning whose combination of parts the training throws away."""
    while not held_out((meaning := make(rng)).key):
        pass
    return meaning


def trials(count: int, seed: str = "evaluation") -> list[Trial]:
    """Paraphrases and unrelated sentences of the same make, in forms kept from training."""
    rng = random.Random(f"trials {seed}")
    found: list[Trial] = []
    makers = (
        lambda rng: meanings.any_action(rng, rng.choice(ACTS)),
        meanings.any_event,
        meanings.any_claim,
    )
    while len(found) < count:
        one, two = LANGUAGE_PAIRS[len(found) % 4]
        make = makers[len(found) % 3]
        meaning, stranger = unseen(rng, make), unseen(rng, make)
        texts = (
            meaning.said(rng, (one, True)),
            meaning.said(rng, (two, True)),
            stranger.said(rng, (two, True)),
        )
        if texts[0] != texts[1] and stranger.key != meaning.key:
            found.append(Trial(f"{NAMES[one]}-{NAMES[two]}", *texts))
    return found


def library(count: int = 1000, seed: str = "evaluation") -> tuple[list[Question], list[str]]:
    """`count` passages, most of them with relatives on the same thing, and a question for each.

    The question is in the passage's language or the other, in wordings kept from training where
    an attribute has four or more.
    """
    rng = random.Random(f"library {seed}")
    facts: dict[str, Fact] = {}
    while len(facts) < count:
        fact = any_fact(rng)
        related = [fact, *(other_attribute(rng, fact) for _ in range(2))]
        for each in related:
            if held_out(each.key) and len(facts) < count:
                facts.setdefault(each.key, each)
    questions, passages = [], []
    for index, fact in enumerate(facts.values()):
        one, two = LANGUAGE_PAIRS[index % 4]
        text, passage = apart(
            [(fact.asked(rng, (one, True)), fact.told(rng, (two, True))) for _ in range(6)]
        )
        questions.append(Question(f"{NAMES[one]}-{NAMES[two]}", text, index))
        passages.append(passage)
    return questions, passages


def apart(ways: list[tuple[str, str]]) -> tuple[str, str]:
    """Of several ways to ask and tell a fact, the one that shares the fewest words."""
    return min(ways, key=lambda way: len(set(way[0].lower().split()) & set(way[1].lower().split())))


def everyday_trials() -> list[Trial]:
    """Paraphrases written by hand, away from the world's templates; the list is the stranger."""
    rows = [line.split(" | ") for line in _lines("everyday.txt")]
    return [Trial(subset, first, same, "") for subset, first, same in rows]


def everyday_passages() -> list[tuple[str, str]]:
    """Questions and the passages that answer them, written by hand."""
    rows = [line.split(" | ") for line in _lines("everyday-passages.txt")]
    return [(question, passage) for question, passage in rows]


def _lines(name: str) -> list[str]:
    return (HERE / name).read_text(encoding="utf-8").splitlines()
