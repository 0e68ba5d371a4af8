"""Messages that nobody could answer, and the answer to them."""

from __future__ import annotations

import string

from tinychat.words import Words

NOT_UNDERSTOOD = (
    "I did not understand that. Please write a short question in English or Portuguese."
)
SCRIPTS = (
    (0x4E00, 0x9FA0), (0x3041, 0x3096), (0x0430, 0x044F), (0x0621, 0x064A), (0x05D0, 0x05EA),
    (0x0905, 0x0939), (0xAC00, 0xD7A3), (0x1F300, 0x1F64F), (0x03B1, 0x03C9), (0x0E01, 0x0E2E),
    (0x10D0, 0x10F0), (0x21, 0x7E), (0xA1, 0x17F),
)  # fmt: skip


def nonsense(words: Words) -> tuple[str, str]:
    """Nothing, keys hit at random, one thing over and over, and scripts that nobody taught."""
    return words.rng.choice((_blank, _keys, _signs, _again, _again, _salad, _script, _script))(
        words
    ), NOT_UNDERSTOOD


def _length(words: Words, usual: int) -> int:
    """Mostly short, one time in six long."""
    return words.rng.randint(1, usual) * (
        words.rng.randint(5, 16) if words.rng.random() < 0.17 else 1
    )


def _blank(words: Words) -> str:
    return words.rng.choice(("", " ", "\n", "   ")) * words.rng.choice((1, 1, 1, 40))


def _keys(words: Words) -> str:
    return "".join(words.rng.choices(string.ascii_lowercase, k=5 + _length(words, 15)))


def _signs(words: Words) -> str:
    return "".join(words.rng.choices("?!.,;:#@%&*()-_=+ ", k=_length(words, 14)))


def _again(words: Words) -> str:
    rng = words.rng
    letter, number = rng.choice(string.ascii_letters), str(rng.randint(0, 20))
    piece = rng.choice((words.made_up(), letter, words.thing(), words.value("quoted"), "!", number))
    return rng.choice((" ", " ", "", "\n")).join([piece] * (2 + _length(words, 30)))


def _salad(words: Words) -> str:
    kinds = ("thing", "job", "colour", "status", "language", "place", "person", "code", "number")
    return " ".join(words.value(words.rng.choice(kinds)) for _ in range(5 + _length(words, 20)))


def _script(words: Words) -> str:
    rng = words.rng
    first, last = rng.choice(SCRIPTS)
    count = _length(words, 24)
    return "".join(
        chr(rng.randint(first, last)) + " " * (rng.random() < 0.15) for _ in range(count)
    )
