"""Parameters of tools made up at random, and how a question gives their values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinychat.tables import phrases, rows, variants
from tinychat.words import Words


@dataclass(frozen=True, slots=True)
class Argument:
    """A parameter and how a question gives its value.

    Two of the same `kind` are not told apart by what a question says.
    """

    name: str
    schema: dict[str, Any]
    phrase: str
    value: Any
    kind: str


def names_of(names: str) -> list[str]:
    return names.split(",")


def parameter(words: Words) -> Argument:
    """A parameter of a tool, whose value has its own words in the question."""
    form = words.rng.random()
    if form < 0.62:
        return _typed_parameter(words)
    if form < 0.75:
        return _choice(words)
    if form < 0.83:
        return _flag(words)
    return _named(words)


def _typed_parameter(words: Words) -> Argument:
    rng = words.rng
    names, kind, values, english, portuguese = rng.choice(rows("parameters"))
    phrases = variants(portuguese if words.language == "pt" else english)
    text = words.value(values)
    shown, value = text, converted(kind, text)
    if values == "quoted" and rng.random() < 0.7:
        shown = rng.choice(('"{}"', '"{}"', "'{}'")).format(text)
    phrase = rng.choice(phrases).format_map({"v": shown, "na v": words.on(text)})
    return Argument(rng.choice(names_of(names)), {"type": kind}, phrase, value, names)


def converted(kind: str, text: str) -> Any:
    return int(text) if kind in ("integer", "number") else text


def _choice(words: Words) -> Argument:
    rng = words.rng
    names, values, english, portuguese = rng.choice(rows("choices"))
    allowed = values.split(",")
    rng.shuffle(allowed)
    if rng.random() < 0.3:
        allowed = [words.made_up() for _ in range(rng.randint(2, 4))]
    value = rng.choice(allowed)
    phrase = rng.choice(variants(portuguese if words.language == "pt" else english))
    schema = {"type": "string", "enum": allowed}
    return Argument(rng.choice(names_of(names)), schema, phrase.format(v=value), value, names)


def _flag(words: Words) -> Argument:
    names, yes, no, sim, nao = words.rng.choice(rows("flags"))
    value = words.rng.random() < 0.5
    phrases = {"en": (no, yes), "pt": (nao, sim)}[words.language]
    name = words.rng.choice(names_of(names))
    return Argument(name, {"type": "boolean"}, phrases[value], value, names)


def _named(words: Words) -> Argument:
    """A parameter that nobody knows; the question says its name before its value."""
    rng = words.rng
    name = words.made_up() if rng.random() < 0.4 else rng.choice(rows("attributes"))[0]
    number = rng.random() < 0.4
    kinds = ("number",) if number else ("code", "name", "colour", "person", "day")
    text = words.value(rng.choice(kinds))
    phrase = rng.choice(phrases(words.language, "named")).format(name, text)
    kind = rng.choice(("integer", "number")) if number else "string"
    value = int(text) if number else text
    return Argument(name.replace(" ", "_"), {"type": kind}, phrase, value, name)


def arguments(words: Words, count: int) -> list[Argument]:
    """Parameters whose values cannot be mistaken for each other's."""
    found: dict[str, Argument] = {}
    taken: set[str] = set()
    while len(found) < count:
        one = parameter(words)
        marks = {str(one.value), _first_word(one), one.kind}
        if one.name not in found and not marks & taken:
            found[one.name] = one
            taken |= marks
    return list(found.values())


def _first_word(one: Argument) -> str:
    """The first word of a phrase beside its value: "to" of "to Lisbon"."""
    return one.phrase.replace(str(one.value), "").strip(" ,\"'").split(" ")[0]
