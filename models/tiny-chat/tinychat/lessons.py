"""Which conversations are made how often."""

from __future__ import annotations

import random
from collections.abc import Callable

from tinychat.calling import calling, without
from tinychat.conversation import Conversation
from tinychat.forms import brief, extracted, in_language
from tinychat.reading import from_text
from tinychat.recalling import remembered, repeated, summed_up
from tinychat.talk import follow_up, talk
from tinychat.words import Words

Maker = Callable[[Words], Conversation]
MAKERS: tuple[tuple[Maker, float, float], ...] = (
    (talk, 48, 28), (follow_up, 4, 4), (from_text, 55, 24), (remembered, 3, 4), (repeated, 4, 4),
    (summed_up, 4, 3), (calling, 54, 28), (without, 14, 5), (extracted, 6, 6),
    (in_language, 10, 3), (brief, 6, 3),
)  # fmt: skip
"""Each with its weight in training, which shows more of what is learned late, and in evaluation."""


def conversation(rng: random.Random, *, fresh: bool = False) -> Conversation:
    """One of any kind, in English or Portuguese; `fresh` with names that training never shows."""
    words = Words(rng, rng.choice(("en", "pt")), fresh=fresh)
    weights = [asked if fresh else shown for _, shown, asked in MAKERS]
    maker = rng.choices([one for one, *_ in MAKERS], weights)[0]
    return maker(words)
