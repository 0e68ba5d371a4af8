"""Words by themselves, and bags of them: what any sentence is to a model of its parts."""

from __future__ import annotations

import random
from dataclasses import dataclass

from world import english, lexicon, portuguese
from world.lexicon import Concept
from world.meanings import Meaning, Voice

GLUE = ("glue", "glue=")


@dataclass(frozen=True)
class Word:
    """One word by itself, in any of its forms."""

    concept: Concept

    @property
    def key(self) -> str:
        return f"word|{self.concept.key}"

    def said(self, rng: random.Random, voice: Voice) -> str:
        return worded(rng, self.concept, voice[0])

    def twisted(self, rng: random.Random) -> Meaning:
        return any_word(rng)


@dataclass(frozen=True)
class Bag:
    """Words without a sentence around them: what any sentence is to a model of its parts."""

    concepts: tuple[Concept, ...]

    @property
    def key(self) -> str:
        return "bag|" + "|".join(sorted(concept.key for concept in self.concepts))

    def said(self, rng: random.Random, voice: Voice) -> str:
        told = list(self.concepts)
        if rng.random() < 0.5:
            rng.shuffle(told)
        if len(told) > 3 and rng.random() < 0.4:
            told.pop()
        if rng.random() < 0.2:
            told += rng.sample(lexicon.concepts(), rng.randint(1, 5))
            rng.shuffle(told)
        parts = []
        for concept in told:
            for _ in range(rng.choice((0, 0, 1, 1, 2))):
                parts.append(rng.choice(lexicon.words_of(GLUE[voice[0]])))
            parts.append(worded(rng, concept, voice[0]))
        return " ".join(parts)

    def twisted(self, rng: random.Random) -> Meaning:
        kept = rng.sample(self.concepts, len(self.concepts) // 2)
        new = rng.sample(lexicon.concepts(), len(self.concepts) - len(kept))
        return Bag(tuple(kept + new))


def worded(rng: random.Random, concept: Concept, language: int) -> str:
    """One of a concept's words, in the form of the dictionary or another."""
    word = rng.choice(concept.words[language]).rstrip("*")
    if rng.random() < 0.5:
        return word
    forms = (portuguese if language else english).forms(word, concept.kind)
    return rng.choice(forms) if forms else word


def any_word(rng: random.Random) -> Word:
    return Word(rng.choice(lexicon.concepts()))


def any_bag(rng: random.Random) -> Bag:
    return Bag(tuple(rng.sample(lexicon.concepts(), rng.randint(2, 7))))
