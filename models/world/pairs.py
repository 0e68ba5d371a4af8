"""Training pairs: two texts that belong together, and one that only looks so."""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from world import bags, lexicon, meanings
from world.facts import Fact, among_others, any_fact
from world.meanings import ASKING, Action, Meaning, Voice, Wish
from world.noise import noisy

HELD_OUT = 12
"""One in so many combinations never occurs in training."""


LONG = 0.06
"""How many of the passages stand among others."""


@dataclass(frozen=True)
class Pair:
    """A text, another that means or answers it, and a third that does neither.

    `key` is the same for all pairs whose texts mean the same; `kind` says how it was made.
    """

    kind: str
    key: str
    first: str
    second: str
    other: str


def held_out(key: str) -> bool:
    """Whether a combination belongs to the evaluation."""
    return zlib.crc32(key.encode()) % HELD_OUT == 0


def pairs(rng: random.Random) -> Iterator[Pair]:
    """Training pairs without end."""
    kinds, weights = list(MAKERS), [weight for _, weight in MAKERS.values()]
    while True:
        kind = rng.choices(kinds, weights)[0]
        pair = MAKERS[kind][0](rng)
        if kind not in COMBINED or not held_out(pair.key):
            first, second = noisy(rng, pair.first), noisy(rng, pair.second)
            yield Pair(kind, pair.key, first, second, pair.other)


def voices(rng: random.Random, *, unseen: bool = False) -> tuple[Voice, Voice]:
    """The languages of two texts: the same one more often than not."""
    first = rng.random() < 0.45
    second = first if rng.random() < 0.62 else not first
    return (int(first), unseen), (int(second), unseen)


def fact_pair(rng: random.Random, fact: Fact | None = None) -> Pair:
    """A question, its passage, and a passage about something near it."""
    fact = fact or any_fact(rng)
    asking, telling = voices(rng)
    question, passage = fact.asked(rng, asking), fact.passage(rng, telling)
    other = fact.twisted(rng).passage(rng, telling, without=fact.key)
    if rng.random() < LONG:
        passage, other = (among_others(rng, text, telling) for text in (passage, other))
    return Pair("fact", fact.key, question, passage, other)


def alike(rng: random.Random, meaning: Meaning, same: Meaning | None = None) -> Pair:
    """Two ways to say a thing, and a way to say nearly the same."""
    one, two = voices(rng)
    first = meaning.said(rng, one)
    second = (same or meaning).said(rng, two)
    for _ in range(4):
        if second != first:
            break
        second = (same or meaning).said(rng, two)
    return Pair("alike", meaning.key, first, second, meaning.twisted(rng).said(rng, two))


def _action(rng: random.Random) -> Pair:
    action = meanings.any_action(rng)
    if action.act in ASKING and rng.random() < 0.5:
        other = Action(rng.choice(ASKING), action.verb, action.thing, action.extra)
        return alike(rng, action, other)
    return alike(rng, action)


def _answer(rng: random.Random) -> Pair:
    """A wish and what answers it."""
    intent = rng.choice(lexicon.intents())
    (one, two), other = voices(rng), meanings.another(rng, lexicon.intents(), intent)
    said = Wish(intent).said(rng, one)
    answers = (rng.choice(each.answers[two[0]]) for each in (intent, other))
    return Pair("answer", f"wish|{intent.key}", said, *answers)


def _topic(rng: random.Random) -> Pair:
    """Something about a thing, and the name of its kind."""
    group = rng.choice(list(lexicon.groups().values()))
    (one, two), thing = voices(rng), rng.choice(group.things)
    label = rng.choice(group.labels[two[0]])
    about = ("{}", "it is about {}", "{} and the like"), ("{}", "trata de {}", "{} e afins")
    other = meanings.another(rng, list(lexicon.groups().values()), group)
    said = thing.names[one[0]] if rng.random() < 0.5 else (_mention(rng, thing, one),)
    return Pair(
        "topic",
        f"topic|{group.key}",
        rng.choice(said).rstrip("*"),
        rng.choice(about[two[0]]).format(label),
        rng.choice(about[two[0]]).format(rng.choice(other.labels[two[0]])),
    )


def _mention(rng: random.Random, thing: lexicon.Thing, voice: Voice) -> str:
    fitting = lexicon.doable().get(thing.group)
    if not fitting:
        return meanings.named(rng, thing, voice[0])
    return Action(rng.choice(ASKING), rng.choice(fitting), thing, None).said(rng, voice)


MAKERS = {
    "fact": (fact_pair, 29),
    "action": (_action, 12),
    "event": (lambda rng: alike(rng, meanings.any_event(rng)), 7),
    "claim": (lambda rng: alike(rng, meanings.any_claim(rng)), 7),
    "bag": (lambda rng: alike(rng, bags.any_bag(rng)), 16),
    "wish": (lambda rng: alike(rng, Wish(rng.choice(lexicon.intents()))), 9),
    "answer": (_answer, 6),
    "saying": (lambda rng: alike(rng, meanings.Saying(rng.choice(lexicon.sayings()))), 6),
    "word": (lambda rng: alike(rng, bags.any_word(rng)), 6),
    "topic": (_topic, 3),
}
"""How each kind of pair is made, and how many of about a hundred it is."""
COMBINED = ("fact", "action", "event", "claim")
"""The kinds whose parts combine freely, so that some combinations can be kept for evaluation."""
