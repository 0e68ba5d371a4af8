"""The word lists of `words/`, read once: concepts with their synonyms in both languages."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path

WORDS = Path(__file__).parent / "words"
LANGUAGES = ("en", "pt")
PROPER = ("country", "city", "language")

Texts = tuple[tuple[str, ...], tuple[str, ...]]
"""What says the same, in English and in Portuguese."""


@dataclass(frozen=True)
class Thing:
    """A noun: its group, and its synonyms in both languages."""

    group: str
    names: Texts

    @property
    def key(self) -> str:
        return f"{self.group}/{self.names[0][0]}"


@dataclass(frozen=True)
class Group:
    """Things of one kind, and what the kind is called."""

    key: str
    labels: Texts
    things: tuple[Thing, ...]


@dataclass(frozen=True)
class Relation:
    """A verb and the groups of things it is done to, or one side of an adjective's pair."""

    key: str
    words: Texts
    groups: tuple[str, ...]
    opposite: Texts = ((), ())


@dataclass(frozen=True)
class Concept:
    """A word by itself: `kind` is noun, verb or other, and says what forms it has."""

    key: str
    kind: str
    words: Texts


@dataclass(frozen=True)
class Intent:
    """What a person wants done: as verb phrases, as complaints, and what answers it."""

    key: str
    actions: Texts
    says: Texts
    answers: Texts


@dataclass(frozen=True)
class Attribute:
    """What can be asked of a thing: questions and passages in both languages."""

    key: str
    groups: tuple[str, ...]
    value: str
    questions: Texts
    passages: Texts


@cache
def groups() -> dict[str, Group]:
    """All nouns."""
    found: dict[str, Group] = {}
    for path in sorted(WORDS.glob("things-*.txt")):
        for header, lines in _sections(path):
            key, labels = header.split("] ", 1)
            key = key.strip("[")
            things = tuple(Thing(key, _texts(line, ",")) for line in lines)
            found[key] = Group(key, _texts(labels, ","), things)
    return found


@cache
def verbs() -> tuple[Relation, ...]:
    return tuple(_relation(line) for line in _lines("verbs.txt"))


@cache
def adjectives() -> tuple[Relation, ...]:
    """Each side of each pair."""
    both = []
    for line in _lines("adjectives.txt"):
        words, kinds = line.split(" :: ")
        sides = [part.split(" | ") for part in words.split(" = ")]
        one, other = (_texts(" = ".join(side[i] for side in sides), ",") for i in (0, 1))
        fits = tuple(kind for kind in kinds.split() if kind in groups())
        both += [Relation(one[0][0], one, fits, other), Relation(other[0][0], other, fits, one)]
    return tuple(both)


@cache
def concepts() -> tuple[Concept, ...]:
    """Every word of the world: things, verbs, adjectives, and the common ones besides."""
    found = [Concept(t.key, "noun", t.names) for g in groups().values() for t in g.things]
    found += [Concept(verb.key, "verb", verb.words) for verb in verbs()]
    found += [Concept(each.key, "other", each.words) for each in adjectives()]
    for header, lines in _sections(WORDS / "common.txt"):
        kind = header.strip("[]")
        for texts in (_texts(line, ",") for line in lines):
            found.append(Concept(f"{kind}/{texts[0][0]}", kind, texts))
    return tuple(found)


@cache
def intents() -> tuple[Intent, ...]:
    found = []
    for line in _lines("intents.txt"):
        parts = [side.split(" | ") for side in line.split(" = ")]
        texts = [_texts(f"{en} = {pt}", " / ") for en, pt in zip(*parts, strict=True)]
        found.append(Intent(texts[0][0][0], *texts))
    return tuple(found)


@cache
def sayings() -> tuple[Texts, ...]:
    return tuple(_texts(line, " / ") for line in _lines("says.txt"))


@cache
def frames() -> dict[str, tuple[str, ...]]:
    """The raw lines of each section of `frames.txt`; Portuguese ones end in `=`."""
    return {h.strip("[]"): tuple(lines) for h, lines in _sections(WORDS / "frames.txt")}


@cache
def phrases(section: str) -> tuple[Texts, ...]:
    """A section of `frames.txt` whose lines are `english = portuguese`."""
    return tuple(_texts(line, ",") for line in frames()[section])


@cache
def words_of(section: str) -> tuple[str, ...]:
    """A section of `small.txt`."""
    found = {h.strip("[]"): " ".join(lines) for h, lines in _sections(WORDS / "small.txt")}
    return tuple(found[section].split())


@cache
def values() -> dict[str, tuple[Texts, ...]]:
    """Value phrases by their kind, whole."""
    found: dict[str, tuple[Texts, ...]] = {}
    for header, lines in _sections(WORDS / "values.txt"):
        found[header.strip("[]")] = tuple(_texts(line, None) for line in lines)
    return found


@cache
def attributes() -> tuple[Attribute, ...]:
    lines = _lines("facts.txt")
    found = []
    for at in range(0, len(lines), 5):
        head, *forms = lines[at : at + 5]
        key, rest = head.split(" :: ")
        kinds, value = rest.split(" | ")
        q_en, p_en, q_pt, p_pt = (tuple(form.split(" / ")) for form in forms)
        found.append(Attribute(key, tuple(kinds.split()), value, (q_en, q_pt), (p_en, p_pt)))
    return tuple(found)


@cache
def applicable() -> dict[str, tuple[Attribute, ...]]:
    """The attributes that things of a group have."""
    table = defaultdict(list)
    for attribute in attributes():
        for kind in attribute.groups:
            table[kind].append(attribute)
    return {kind: tuple(found) for kind, found in table.items()}


@cache
def doable() -> dict[str, tuple[Relation, ...]]:
    """The verbs whose object things of a group can be."""
    table = defaultdict(list)
    for verb in verbs():
        for kind in verb.groups:
            table[kind].append(verb)
    return {kind: tuple(found) for kind, found in table.items()}


def _relation(line: str) -> Relation:
    words, kinds = line.split(" :: ")
    texts = _texts(words, ",")
    return Relation(
        f"{texts[0][0]} {kinds.split()[0]}",
        texts,
        tuple(kind for kind in kinds.split() if kind in groups()),
    )


def _texts(line: str, separator: str | None) -> Texts:
    english, portuguese = line.split(" = ")
    if separator is None:
        return (english.strip(),), (portuguese.strip(),)
    split = separator if separator.strip() != "," else ","
    return _stripped(english.split(split)), _stripped(portuguese.split(split))


def _stripped(parts: list[str]) -> tuple[str, ...]:
    return tuple(part.strip() for part in parts)


def _lines(name: str) -> list[str]:
    text = (WORDS / name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _sections(path: Path) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for line in _lines(path.name):
        if line.startswith("["):
            found.append((line.strip(), []))
        else:
            found[-1][1].append(line)
    return found
