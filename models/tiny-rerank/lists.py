"""What the training shows: a query, its document, and documents that only look right."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

import sources  # noqa: F401
from world import lexicon, meanings
from world.bags import any_bag, any_word
from world.facts import Fact, among_others, any_fact, relative
from world.meanings import ASKING, Action, Meaning, Saying, Wish, another
from world.noise import noisy
from world.pairs import LONG, held_out, voices
from world.phrasing import phrased

DOCUMENTS = 8
EASE = 0.2
"""The share of wrong documents that are quite wrong, once the learning is under way."""
Aspects = tuple[bool, bool, bool]


@dataclass(frozen=True)
class Ranking:
    """A query and its documents: the first one is right, the others are not.

    Where the query asks for a fact, `aspects` says of each document whether it is on the same
    thing, the same attribute and the same qualifier.
    """

    query: str
    documents: tuple[str, ...]
    aspects: tuple[Aspects, ...] = ()


def rankings(rng: random.Random, ease: float = EASE) -> Iterator[Ranking]:
    """Training lists without end; a share of `ease` of their wrong documents is quite wrong."""
    makers, weights = zip(*MAKERS, strict=True)
    while True:
        ranking = rng.choices(makers, weights)[0](rng, ease)
        if ranking and len(ranking.documents) > 1:
            yield replace(ranking, query=noisy(rng, ranking.query))


def _fact(rng: random.Random, ease: float) -> Ranking | None:
    fact = any_fact(rng)
    if held_out(fact.key):
        return None
    asking, telling = voices(rng)
    wrong = [
        any_fact(rng) if rng.random() < ease else relative(rng, fact) for _ in range(DOCUMENTS - 1)
    ]
    told, texts = [fact], [phrased(rng, fact).passage(rng, telling)]
    for other in wrong:
        voice = telling if rng.random() < 0.5 else voices(rng)[0]
        text = phrased(rng, other).passage(rng, voice, without=fact.key)
        if other.key != fact.key and text != texts[0]:
            told.append(other)
            texts.append(text)
    if rng.random() < LONG:
        texts = [among_others(rng, text, telling) for text in texts]
    aspects = tuple(aspects_of(fact, other) for other in told)
    return Ranking(phrased(rng, fact).asked(rng, asking), tuple(texts), aspects)


def aspects_of(asked: Fact, told: Fact) -> Aspects:
    """Whether `told` is on the thing, the attribute and the qualifier that are asked for."""
    one, two = asked.entity, told.entity
    return (
        one.thing == two.thing,
        asked.attribute == told.attribute,
        one.qualifier == two.qualifier,
    )


def _answer(rng: random.Random, ease: float) -> Ranking:
    intent = rng.choice(lexicon.intents())
    one, two = voices(rng)
    texts = [rng.choice(intent.answers[two[0]])]
    for _ in range(DOCUMENTS - 1):
        other = another(rng, lexicon.intents(), intent)
        text = rng.choice(other.answers[rng.randint(0, 1)])
        if text != texts[0]:
            texts.append(text)
    return Ranking(Wish(intent).said(rng, one), tuple(texts))


def _alike(rng: random.Random, ease: float) -> Ranking | None:
    part = rng.random()
    if part < 0.3:
        meaning: Meaning = Wish(rng.choice(lexicon.intents()))
    elif part < 0.45:
        meaning = Saying(rng.choice(lexicon.sayings()))
    elif part < 0.5:
        meaning = any_word(rng)
    elif part < 0.65:
        meaning = any_bag(rng)
    else:
        make = rng.choice((meanings.any_action, meanings.any_event, meanings.any_claim))
        meaning = make(rng)
        if held_out(meaning.key):
            return None
    return _said(rng, meaning, ease)


def _said(rng: random.Random, meaning: Meaning, ease: float) -> Ranking:
    one, two = voices(rng)
    same = meaning
    if isinstance(meaning, Action) and meaning.act in ASKING:
        same = replace(meaning, act=rng.choice(ASKING))
    texts = [same.said(rng, two)]
    for _ in range(DOCUMENTS - 1):
        other = meaning.twisted(rng)
        if rng.random() < ease:
            other = other.twisted(rng).twisted(rng)
        voice = two if rng.random() < 0.5 else voices(rng)[0]
        text = other.said(rng, voice)
        if other.key != meaning.key and text != texts[0]:
            texts.append(text)
    return Ranking(meaning.said(rng, one), tuple(texts))


MAKERS = ((_fact, 66), (_answer, 14), (_alike, 20))
