"""What real texts have and sentences from templates have not: greetings, slips, keywords."""

from __future__ import annotations

import random

from world import lexicon


def noisy(rng: random.Random, text: str) -> str:
    """`text` as somebody in a hurry, or somebody polite, might write it."""
    part = rng.random()
    if part < 0.55:
        return text
    if part < 0.70:
        return _polite(rng, text)
    if part < 0.80:
        return _keywords(text)
    if part < 0.86:
        return _slip(rng, text)
    if part < 0.94:
        return text.rstrip("?.!")
    return _short_a_word(rng, text)


def _polite(rng: random.Random, text: str) -> str:
    mark = "=" if _portuguese(text) else ""
    frames = lexicon.frames()
    if rng.random() < 0.6:
        return f"{rng.choice(frames['greeting' + mark])} {text}"
    return f"{text.rstrip('.')}, {rng.choice(frames['ending' + mark])}"


def _portuguese(text: str) -> bool:
    words = set(text.lower().split())
    return len(words & {"o", "a", "de", "do", "da", "não", "que", "para", "um", "uma", "é"}) > 0


def _keywords(text: str) -> str:
    little = lexicon.words_of("little")
    words = [w for w in text.rstrip("?.!").split() if w.lower() not in little]
    return " ".join(words) if len(words) > 1 else text


def _slip(rng: random.Random, text: str) -> str:
    words = text.split()
    at = rng.randrange(len(words))
    word = words[at]
    if len(word) > 4:
        i = rng.randrange(1, len(word) - 2)
        words[at] = word[:i] + word[i + 1] + word[i] + word[i + 2 :]
    return " ".join(words)


def _short_a_word(rng: random.Random, text: str) -> str:
    words = text.split()
    if len(words) > 3:
        del words[rng.randrange(len(words))]
    return " ".join(words)
