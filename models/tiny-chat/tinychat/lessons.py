"""Which conversations are shown how often."""

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
MAKERS: tuple[tuple[Maker, float], ...] = (
    (talk, 28), (follow_up, 4), (from_text, 24), (remembered, 4), (repeated, 4), (summed_up, 3),
    (calling, 28), (without, 5), (extracted, 6), (in_language, 3), (brief, 3),
)  # fmt: skip


def conversation(rng: random.Random, *, fresh: bool = False) -> Conversation:
    """One of any kind, in English or Portuguese; `fresh` with names that training never shows."""
    words = Words(rng, rng.choice(("en", "pt")), fresh=fresh)
    maker = rng.choices([one for one, _ in MAKERS], [weight for _, weight in MAKERS])[0]
    return maker(words)
