"""Sentences of everyday life, in the words of `world`: what a thing is like, who does what."""

from __future__ import annotations

from dataclasses import replace

from world import english, lexicon, portuguese
from world import facts as world
from world.lexicon import Relation, Texts, Thing
from world.meanings import any_thing
from world.pairs import held_out
from world.phrasing import phrased
from world.values import Value

from tinychat.facts import Fact
from tinychat.tables import capital
from tinychat.words import Words

KINDS = {"hour": "hour", "money": "price", "name": "person", "date": "date", "minutes": "period"}
"""Values that are made up here instead, by their kind there."""
PEOPLE = ("job", "family", "person")
WHO = ("job", "job", "family", "place")
PAST = ("yesterday", "last week", "this morning", "two years ago")
BOTH = ("on Monday", "on Friday", "in the afternoon", "at midnight", "in December", "in January")
HABIT = ("every day", "on the weekend")
HANGING = (" de", " em", " a", " para", " com", " sobre")
"""Prepositions that Portuguese would join with the article of what follows."""


def quality(words: Words, near: world.Fact | None = None) -> Fact:
    """What a thing is like; `near` something told before, but not the same."""
    language = int(words.language == "pt")
    known = _known(words, near)
    shown = _with_one_name(words, known)
    asked = [_ways(words, shown).asked(words.rng, (language, words.fresh)) for _ in range(3)]
    questions = tuple(dict.fromkeys(capital(one) for one in asked))
    who = shown.entity.said(words.rng, ("the", "o")[language], language)
    said, before = _told(words, shown), ""
    known_by_it = not near and known.entity.thing.group not in PEOPLE
    if known_by_it and said.startswith(f"{capital(who)} ") and words.rng.random() < 0.4:
        before = _told(words, world.other_attribute(words.rng, shown))
        said = _pronoun(words, who) + said.removeprefix(capital(who))
    return Fact(said, questions, who, before=before, known=known)


def _ways(words: Words, known: world.Fact) -> world.Fact:
    """With the wordings of `ways.txt` among the others; the evaluation has its own."""
    return known if words.fresh else phrased(words.rng, known, worn=0)


def _told(words: Words, known: world.Fact) -> str:
    voice = (int(words.language == "pt"), words.fresh)
    return capital(_ways(words, known).told(words.rng, voice).rstrip(".")) + "."


def _pronoun(words: Words, who: str) -> str:
    if words.language == "en":
        return "It"
    return "Ela" if who.startswith("a ") else "Ele"


def _known(words: Words, near: world.Fact | None) -> world.Fact:
    """A fact whose question does not ask for `near` too."""
    while True:
        found = world.relative(words.rng, near) if near else world.any_fact(words.rng)
        if held_out(found.key) == words.fresh and not (near and _alike(found, near)):
            return replace(found, value=_value(words, found))


def _with_one_name(words: Words, known: world.Fact) -> world.Fact:
    """A text and its question call a thing the same."""
    thing = known.entity.thing
    one, two = (words.rng.choice(names) for names in thing.names)
    thing = replace(thing, names=((one,), (two,)))
    return replace(known, entity=replace(known.entity, thing=thing))


def asked_for(known: world.Fact) -> tuple[Thing, str, str]:
    """What a question for it names: thing, qualifier, attribute."""
    return known.entity.thing, known.entity.qualifier[0], known.attribute.key


def _alike(one: world.Fact, two: world.Fact) -> bool:
    """Whether a question for one may be meant for the other."""
    if asked_for(one)[::2] != asked_for(two)[::2]:
        return False
    both = one.entity.qualifier[0], two.entity.qualifier[0]
    return both[0] == both[1] or not all(both)


def _value(words: Words, fact: world.Fact) -> Value:
    if kind := KINDS.get(fact.attribute.value):
        made = words.told(kind)
        return Value(made, made, named=True)
    value = fact.value
    return replace(
        value, english=words.spelled(value.english), portuguese=words.spelled(value.portuguese)
    )


def doing(words: Words) -> Fact:
    """Somebody does or did something to something, with how, where and when as it comes."""
    rng, language = words.rng, int(words.language == "pt")
    verb, thing = _deed(words)
    verbs = [one for one in verb.words[language] if not one.endswith(HANGING)]
    base, what, past = rng.choice(verbs), _what(words, thing), rng.random() < 0.4
    did = _did(language, base, past)
    who = _who(words)
    how, where, when = _how(words), _where(words), _when(words, past)
    sentence = f"{who} {did} {what}{how}{where}{when}."
    if language:
        asked = [f"O que {who} {did}?", f"Quem {did} {what}?"]
        starts = (f"Como {who} {did} {what}?", f"Onde {who} {did} {what}?",
                  f"Quando {who} {did} {what}?")  # fmt: skip
    else:
        do = "did" if past else "does"
        asked = [f"What {do} {who} {base}?", f"Who {did} {what}?"]
        starts = (f"How {do} {who} {base} {what}?", f"Where {do} {who} {base} {what}?",
                  f"When {do} {who} {base} {what}?")  # fmt: skip
    asked += [one for one, told in zip(starts, (how, where, when), strict=True) if told]
    return Fact(capital(sentence), tuple(capital(one) for one in asked), who)


def _deed(words: Words) -> tuple[Relation, Thing]:
    """A verb and what it may be done to."""
    while True:
        verb = words.rng.choice(lexicon.verbs())
        thing = any_thing(words.rng, verb.groups)
        plain = any(not one.endswith(HANGING) for one in verb.words[1])
        if plain and held_out(f"{verb.key}|{thing.key}") == words.fresh:
            return verb, thing


def _did(language: int, base: str, past: bool) -> str:
    if language:
        return portuguese.past(base, 3) if past else portuguese.present(base)
    return english.past(base) if past else english.forms(base, "verb")[2]


def _who(words: Words) -> str:
    if words.rng.random() < 0.35:
        return words.person()
    return _the(words, any_thing(words.rng, WHO))


def _the(words: Words, thing: Thing, word: str = "o") -> str:
    noun = words.rng.choice(thing.names[words.language == "pt"])
    return portuguese.joined(word, noun) if words.language == "pt" else f"the {noun}"


def _what(words: Words, thing: Thing) -> str:
    """The thing with its article, maybe with an adjective."""
    rng, language = words.rng, int(words.language == "pt")
    noun = rng.choice(thing.names[language])
    if thing.group in lexicon.PROPER:
        return noun.rstrip("*")
    article = rng.choice((("the", "a"), ("o", "um"))[language])
    fitting = [one for one in lexicon.adjectives() if thing.group in one.groups]
    like = rng.choice(rng.choice(fitting).words[language]) if fitting else ""
    if rng.random() < 0.65:
        like = ""
    if language:
        return f"{portuguese.joined(article, noun)} {portuguese.agreeing(like, noun)}".rstrip()
    return english.with_articles(f"{article} {like} {noun}".replace("  ", " "))


def _how(words: Words) -> str:
    return _extra(words, lexicon.phrases("how"), 0.15)


def _where(words: Words) -> str:
    if words.rng.random() < 0.5:
        return _extra(words, lexicon.phrases("where"), 0.4)
    if words.rng.random() < 0.6:
        return ""
    if words.rng.random() < 0.4:
        return f" {('in', 'em')[words.language == 'pt']} {words.place()}"
    place = _the(words, any_thing(words.rng, ("place",)), "no")
    return f" {place}" if words.language == "pt" else f" at {place}"


def _when(words: Words, past: bool) -> str:
    if words.rng.random() < 0.2:
        return f" {('at', 'às')[words.language == 'pt']} {words.hour()}"
    keys = (*BOTH, *(PAST if past else HABIT))
    fitting = tuple(one for one in lexicon.phrases("time") if one[0][0] in keys)
    return _extra(words, fitting, 0.45)


def _extra(words: Words, among: tuple[Texts, ...], share: float) -> str:
    if words.rng.random() > share:
        return ""
    return " " + words.rng.choice(words.rng.choice(among)[words.language == "pt"])
