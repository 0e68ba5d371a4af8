"""The tables of words and facts that conversations are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "tables"
AN = ("a", "e", "i", "o", "API", "HTTP", "HTML", "XML", "umbrella", "hour")
NOT_AN = ("one", "URL", "unit", "user", "European")
WITH_THE = ("sun", "moon", "internet", "wind")


@cache
def rows(name: str) -> tuple[tuple[str, ...], ...]:
    """The lines of a table, split at bars."""
    lines = (FOLDER / f"{name}.txt").read_text(encoding="utf-8").splitlines()
    return tuple(tuple(line.split("|")) for line in lines if line and not line.startswith("#"))


@cache
def phrases(language: str, what: str) -> tuple[str, ...]:
    """The ways to say something in a language: questions, orders, headings."""
    return next(tuple(variants(row[2])) for row in rows("phrases") if row[:2] == (language, what))


@cache
def listed(kind: str) -> list[str]:
    """The words of one list."""
    return next(variants(row[1]) for row in rows("lists") if row[0] == kind)


def variants(cell: str) -> list[str]:
    """A cell's alternatives, which stand between ' / '."""
    return cell.split(" / ")


@dataclass(frozen=True, slots=True)
class Noun:
    """A thing's name in one language, with the words that go before it."""

    word: str
    language: str
    feminine: bool = False
    bare: bool = False

    @classmethod
    def english(cls, word: str) -> Noun:
        return cls(word.removeprefix("~"), "en", bare=word.startswith("~"))

    @classmethod
    def portuguese(cls, cell: str, bare: bool = False) -> Noun:
        return cls(cell[:-2], "pt", cell.endswith(" f"), bare)

    @property
    def a(self) -> str:
        """With its indefinite article, or with what stands in its place."""
        if self.language == "pt":
            return self.the if self.bare else ("uma " if self.feminine else "um ") + self.word
        if self.bare:
            return f"the {self.word}" if self.word in WITH_THE else self.word
        return with_a(self.word)

    @property
    def the(self) -> str:
        if self.language == "pt":
            return ("a " if self.feminine else "o ") + self.word
        return f"the {self.word}"

    @property
    def of(self) -> str:
        """After "of": "of the lamp", "da lâmpada"."""
        if self.language == "pt":
            return ("da " if self.feminine else "do ") + self.word
        return f"of the {self.word}"


def article(word: str) -> str:
    """English "a" or "an"."""
    return "an" if word.startswith(AN) and not word.startswith(NOT_AN) else "a"


def with_a(word: str) -> str:
    """With its English article: `an artist`."""
    return f"{article(word)} {word}"


def capital(text: str) -> str:
    """With a large first letter."""
    return text[:1].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Thing:
    """What one language says about a thing."""

    noun: Noun
    kind: Noun
    does: str
    place: str
    colour: str

    @property
    def definition(self) -> str:
        if self.noun.language == "pt":
            return f"{capital(self.noun.a)} é {self.kind.a} que {self.does}."
        return f"{capital(self.noun.a)} is {self.kind.a} that {self.does}."

    @property
    def deed(self) -> str:
        return f"{capital(self.noun.a)} {self.does}."

    @property
    def finding(self) -> str:
        if self.noun.language == "pt":
            return f"Você encontra {self.noun.a} {self.place}."
        return f"You can find {self.noun.a} {self.place}."

    @property
    def look(self) -> str:
        verb = "é" if self.noun.language == "pt" else "is"
        return f"{capital(self.noun.a)} {verb} {self.colour}."


@cache
def things() -> tuple[dict[str, Thing], ...]:
    """Every thing, in both languages: {"en": ..., "pt": ...}."""
    kinds = {row[0]: row[1] for row in rows("kinds")}
    places = {row[0]: row[1:] for row in rows("places")}
    colours = {row[0]: row[1:] for row in rows("colours")}
    found = []
    for english, portuguese, kind, does, faz, place, colour in rows("things"):
        noun = Noun.portuguese(portuguese, english.startswith("~"))
        cor = colours[colour][noun.feminine] if colour else ""
        found.append(
            {
                "en": Thing(
                    Noun.english(english), Noun.english(kind), does, places[place][0], colour
                ),
                "pt": Thing(noun, Noun.portuguese(kinds[kind]), faz, places[place][1], cor),
            }
        )
    return tuple(found)


def is_portuguese(text: str) -> bool:
    """Whether a line of the table of answers is Portuguese: that half begins at "Olá"."""
    return text in _portuguese_answers()


@cache
def _portuguese_answers() -> frozenset[str]:
    table = rows("answers")
    start = next(i for i, row in enumerate(table) if row[0].startswith("Olá"))
    return frozenset(row[1] for row in table[start:])
