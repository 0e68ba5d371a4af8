"""Values of facts: numbers, names and phrases, the same one in both languages."""

from __future__ import annotations

import random
from dataclasses import dataclass

from world import lexicon

MONTHS = (
    ("January", "janeiro"), ("February", "fevereiro"), ("March", "março"), ("April", "abril"),
    ("May", "maio"), ("June", "junho"), ("July", "julho"), ("August", "agosto"),
    ("September", "setembro"), ("October", "outubro"), ("November", "novembro"),
    ("December", "dezembro"),
)  # fmt: skip
CODAS = ["", "", "", "l", "n", "r", "s", "x", "m", "k"]


@dataclass(frozen=True)
class Value:
    """A value in both languages; `named` when Portuguese gives it no article."""

    english: str
    portuguese: str
    named: bool = False


def invented(rng: random.Random) -> str:
    """A name that no list has."""
    parts = (
        rng.choice(lexicon.words_of("onset"))
        + rng.choice(lexicon.words_of("vowel"))
        + (rng.choice(CODAS) if i else "")
        for i in range(rng.randint(2, 3))
    )
    return "".join(parts).capitalize()


def person(rng: random.Random) -> str:
    if rng.random() < 0.2:
        return invented(rng)
    first = rng.choice(lexicon.words_of("first"))
    return first if rng.random() < 0.4 else f"{first} {rng.choice(lexicon.words_of('last'))}"


def value_of(rng: random.Random, kind: str) -> Value:
    """A value of one of the kinds that `facts.txt` names."""
    if kind.startswith("@"):
        return _phrase(rng, kind[1:])
    if kind == "name":
        name = person(rng)
        return Value(name, name, named=True)
    return _number(rng, kind)


def _phrase(rng: random.Random, kind: str) -> Value:
    if kind in lexicon.values():
        (english,), (portuguese,) = rng.choice(lexicon.values()[kind])
        return Value(english, portuguese)
    thing = rng.choice(lexicon.groups()[kind].things)
    english, portuguese = (rng.choice(names) for names in thing.names)
    return Value(english, portuguese, named=kind == "city")


def _number(rng: random.Random, kind: str) -> Value:
    small, round_number = rng.randint(2, 99), rng.choice((10, 50, 100, 500, 1000))
    big = small * round_number
    match kind:
        case "hour":
            hour, minute = rng.randint(5, 23), rng.choice(("", ":30", ":15"))
            clock = f"{hour % 12 or 12}{minute} {'am' if hour < 12 else 'pm'}"
            return Value(clock, f"{hour}h{minute[1:]}")
        case "money":
            return Value(f"{big} {rng.choice(('dollars', 'reais'))}", f"{big} reais")
        case "year":
            year = str(rng.randint(1400, 2025))
            return Value(year, year)
        case "date":
            (english, portuguese), day = rng.choice(MONTHS), rng.randint(1, 28)
            return Value(f"{english} {day}", f"{day} de {portuguese}")
        case "population":
            return Value(f"{small} million", f"{small} milhões")
    units = {
        "weight": ("kilos", "quilos"),
        "length": (("meters", "metros"), ("centimeters", "centímetros"))[rng.random() < 0.5],
        "minutes": (("minutes", "minutos"), ("hours", "horas"), ("days", "dias"))[small % 3],
        "speed": ("kilometers per hour", "quilômetros por hora"),
        "years": (("years", "anos"), ("months", "meses"))[rng.random() < 0.3],
        "calories": ("calories", "calorias"),
        "count": (("items", "itens"), ("megabytes", "megabytes"), ("per second", "por segundo"))[
            small % 3
        ],
    }[kind]
    amount = big if kind in ("calories", "count") else small
    return Value(f"{amount} {units[0]}", f"{amount} {units[1]}")
