"""What a text may tell: sentences, each with the questions that it answers."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass

from world import facts as world

from tinychat.tables import Noun, capital, phrases, rows, things, variants, with_a
from tinychat.words import Words


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence, the questions that it answers, and whom they ask about.

    `before` has to stand in front of a sentence that says "it"; `known` is the fact of `world`
    that it tells.
    """

    sentence: str
    questions: tuple[str, ...]
    who: str
    _: KW_ONLY
    before: str = ""
    known: world.Fact | None = None

    @property
    def text(self) -> str:
        """As it stands in a text."""
        return f"{self.before} {self.sentence}".lstrip()


def attribute(words: Words, who: str, row: tuple[str, ...] = ()) -> Fact:
    english, portuguese, kind = row or words.rng.choice(rows("attributes"))
    value = words.value(kind)
    return _attribute_of(words, who or owner(words), english, portuguese, value)


def owner(words: Words) -> str:
    """Who has an attribute: a name, a person, or "the lamp"."""
    form = words.rng.random()
    if form < 0.5:
        return words.name()
    if form < 0.7:
        return words.person()
    noun = words.rng.choice(things())[words.language].noun
    if form < 0.8:
        return f"{noun.the} {words.name()}"
    return noun.the


def of(words: Words, who: str) -> str:
    """`who` after "of" or "de"."""
    if words.language == "en":
        return f"of {who}"
    for start, joined in (("o ", "do "), ("a ", "da ")):
        if who.startswith(start):
            return joined + who.removeprefix(start)
    return f"de {who}"


def _attribute_of(words: Words, who: str, english: str, portuguese: str, value: str) -> Fact:
    if words.language == "pt":
        attribute, whose = Noun.portuguese(portuguese), of(words, who)
        said = f"{capital(attribute.the)} {whose} é {value}."
        asked = phrases("pt", "attribute")
        return Fact(said, tuple(a.format(f"{attribute.the} {whose}") for a in asked), who)
    form = words.rng.random()
    said = f"The {english} of {who} is {value}."
    if form < 0.3 and not who.startswith("the "):
        said = f"{who}'s {english} is {value}."
    elif form < 0.4:
        said = f"{capital(who)} has the {english} {value}."
    asked = tuple(a.format(a=english, who=who) for a in phrases("en", "attribute"))
    return Fact(said, asked, who)


def deed(words: Words, who: str) -> Fact:
    said, asked, dito, pedido, kind, owner = words.rng.choice(rows("deeds"))
    if words.language == "pt":
        said, asked = dito, pedido
    value = words.value(kind)
    if not who:
        who = words.person() if owner == "person" else words.name()
    gaps = {"who": who, "value": value, "na value": words.on(value), "a value": with_a(value)}
    return Fact(capital(said.format_map(gaps)), (asked.format_map(gaps),), who)


def definition(words: Words) -> Fact:
    """A made-up word, explained as one of the known things is."""
    thing, word = words.rng.choice(things())[words.language], words.made_up()
    if words.language == "pt":
        asked = (f"O que é um {word}?", f"O que é {word}?")
        return Fact(f"Um {word} é {thing.kind.a} que {thing.does}.", asked, word)
    said = f"A {word} is {thing.kind.a} that {thing.does}."
    return Fact(said, (f"What is a {word}?", f"What is {word}?"), word)


def scene(words: Words, who: str) -> Fact:
    """Somebody did something to something, somewhere, some time."""
    rng = words.rng
    base, past, passado = rng.choice(rows("verbs_past"))
    who = who or words.person()
    what = rng.choice((words.several(), rng.choice(things())[words.language].noun.the))
    when = f"on {words.day()}" if words.language == "en" else f"em {words.date()}"
    where = rng.choice(things())[words.language].place
    if rng.random() < 0.3:
        where = f"{'em' if words.language == 'pt' else 'in'} {words.place()}"
    ending = rng.choice(("", f" {where}", f" {when}", f" {where} {when}"))
    if words.language == "pt":
        said = f"{who} {passado} {what}{ending}."
        asked = [f"O que {who} {passado}?", f"Quem {passado} {what}?"]
        if where in ending and ending:
            asked.append(f"Onde {who} {passado} {what}?")
        if when in ending:
            asked.append(f"Quando {who} {passado} {what}?")
    else:
        said = f"{who} {past} {what}{ending}."
        asked = [f"What did {who} {base}?", f"Who {past} {what}?"]
        if where in ending and ending:
            asked.append(f"Where did {who} {base} {what}?")
        if when in ending:
            asked.append(f"When did {who} {base} {what}?")
    return Fact(capital(said), tuple(asked), who)


def notice(words: Words) -> Fact:
    """A sentence as guides, terms and manuals have them."""
    said, asked, dito, pedido = words.rng.choice(rows("notices"))
    if words.language == "pt":
        said, asked = dito, pedido
    noun = words.rng.choice(things())[words.language].noun
    kinds = {"n": "name", "p": "period", "s": "small", "r": "price", "d": "day", "h": "hour",
             "c": "code", "l": "place", "e": "email", "f": "phone", "w": "person",
             "q": "floor"}  # fmt: skip
    gaps = {letter: words.told(kind) for letter, kind in kinds.items()}
    gaps |= {"t": noun.word, "o t": noun.the, "O t": capital(noun.the), "do t": noun.of,
             "a t": noun.a}  # fmt: skip
    gaps["na d"] = words.on(gaps["d"])
    questions = tuple(capital(one.format_map(gaps)) for one in variants(asked))
    return Fact(capital(said.format_map(gaps)), questions, "")
