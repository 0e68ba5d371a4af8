"""Meanings and how they are said: each can be put in many words, in English and Portuguese."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from world import english, lexicon, portuguese
from world.lexicon import Intent, Relation, Texts, Thing
from world.values import person

ASKING = ("want", "how-to", "cannot")
ACTS = (*ASKING, "stop", "advise")
Some = TypeVar("Some")
Voice = tuple[int, bool]
"""A language (0 English, 1 Portuguese) and whether to use the forms that training never saw."""


class Meaning(Protocol):
    """Something that can be said."""

    @property
    def key(self) -> str:
        """The same for all that means the same."""

    def said(self, rng: random.Random, voice: Voice) -> str: ...

    def twisted(self, rng: random.Random) -> Meaning:
        """Nearly the same words, another meaning."""


def chosen(rng: random.Random, forms: Sequence[str], voice: Voice) -> str:
    """One of `forms`: of those that are kept from training, or of the others."""
    training = training_forms(forms)
    return rng.choice((forms[len(training) :] or forms) if voice[1] else training)


def training_forms(forms: Sequence[str]) -> Sequence[str]:
    """All but every fourth of `forms`, counted from the end."""
    return forms[: len(forms) - len(forms) // 4]


def named(rng: random.Random, thing: Thing, language: int) -> str:
    return rng.choice(thing.names[language])


def the(rng: random.Random, thing: Thing, language: int) -> str:
    """`the bakery`, `a padaria`; a name of a place without article where it has none."""
    noun = named(rng, thing, language)
    proper = thing.group in lexicon.PROPER
    if language == 0:
        return noun if proper else f"{rng.choice(('the', 'the', 'a', 'my'))} {noun}"
    if proper:
        return portuguese.joined("o", noun, named=thing.group != "country")
    return portuguese.joined(rng.choice(("o", "o", "um", "meu")), noun)


def any_thing(rng: random.Random, kinds: Sequence[str] = ()) -> Thing:
    groups = lexicon.groups()
    key = rng.choice(kinds) if kinds else rng.choice(list(groups))
    return rng.choice(groups[key].things)


@dataclass(frozen=True)
class Action:
    """A verb and what it is done to, in a speech act, maybe with a time, place or manner."""

    act: str
    verb: Relation
    thing: Thing
    extra: Texts | None

    @property
    def key(self) -> str:
        return f"{self.verb.key}|{self.thing.key}"

    def said(self, rng: random.Random, voice: Voice) -> str:
        verb, what = rng.choice(self.verb.words[voice[0]]), the(rng, self.thing, voice[0])
        return in_act(rng, voice, self.act, f"{verb} {what}", self.extra)

    def twisted(self, rng: random.Random) -> Meaning:
        if rng.random() < 0.5:
            return replace(self, thing=other_thing(rng, self.thing))
        return replace(self, verb=other_verb(rng, self.verb, self.thing))


@dataclass(frozen=True)
class Event:
    """Somebody did something."""

    subject: tuple[str, str, int]
    verb: Relation
    thing: Thing
    extra: Texts | None

    @property
    def key(self) -> str:
        return f"{self.verb.key}|{self.thing.key}|{self.subject[0]}"

    def said(self, rng: random.Random, voice: Voice) -> str:
        verb, what = rng.choice(self.verb.words[voice[0]]), the(rng, self.thing, voice[0])
        person_of = self.subject[2]
        did = portuguese.past(verb, person_of) if voice[0] else english.past(verb)
        sentence = f"{self.subject[voice[0]]} {did} {what}"
        if self.extra:
            extra = rng.choice(self.extra[voice[0]])
            sentence = f"{extra} {sentence}" if rng.random() < 0.3 else f"{sentence} {extra}"
        return sentence

    def twisted(self, rng: random.Random) -> Meaning:
        part = rng.random()
        if part < 0.4:
            return replace(self, thing=other_thing(rng, self.thing))
        if part < 0.8:
            return replace(self, verb=other_verb(rng, self.verb, self.thing))
        return replace(self, subject=any_subject(rng))


@dataclass(frozen=True)
class Claim:
    """A thing is of some kind."""

    thing: Thing
    quality: Relation
    turned: bool = False

    @property
    def key(self) -> str:
        return f"{self.thing.key}|{self.quality.key}|{self.turned}"

    def said(self, rng: random.Random, voice: Voice) -> str:
        words = self.quality.opposite if self.turned else self.quality.words
        noun, quality = named(rng, self.thing, voice[0]), rng.choice(words[voice[0]])
        form = chosen(rng, lexicon.frames()["claim" + "="[: voice[0]]], voice)
        if voice[0] == 0:
            proper = self.thing.group in lexicon.PROPER
            form = form.replace("{the n}", noun if proper else f"the {noun}")
            return form.replace("{n}", noun).replace("{adj}", quality)
        form = form.replace("{o n}", portuguese.joined("o", noun))
        form = form.replace("{um n}", portuguese.joined("um", noun))
        noun_plain = noun.rstrip("*")
        return form.replace("{n}", noun_plain).replace("{adj}", portuguese.agreeing(quality, noun))

    def twisted(self, rng: random.Random) -> Meaning:
        if rng.random() < 0.4:
            return replace(self, turned=not self.turned)
        return replace(self, thing=other_thing(rng, self.thing))


@dataclass(frozen=True)
class Wish:
    """An intent, as a request in some speech act or as a complaint."""

    intent: Intent

    @property
    def key(self) -> str:
        return f"wish|{self.intent.key}"

    def said(self, rng: random.Random, voice: Voice) -> str:
        if rng.random() < 0.45:
            return rng.choice(self.intent.says[voice[0]])
        action = rng.choice(self.intent.actions[voice[0]])
        return in_act(rng, voice, rng.choice(ASKING), action, None)

    def twisted(self, rng: random.Random) -> Meaning:
        return Wish(another(rng, lexicon.intents(), self.intent))


@dataclass(frozen=True)
class Saying:
    """An everyday sentence that comes whole."""

    texts: Texts

    @property
    def key(self) -> str:
        return f"saying|{self.texts[0][0]}"

    def said(self, rng: random.Random, voice: Voice) -> str:
        return rng.choice(self.texts[voice[0]])

    def twisted(self, rng: random.Random) -> Meaning:
        return Saying(another(rng, lexicon.sayings(), self.texts))


def another(rng: random.Random, all_of: Sequence[Some], one: Some) -> Some:
    """Any of `all_of` but `one`."""
    while (found := rng.choice(all_of)) == one:
        pass
    return found


def in_act(rng: random.Random, voice: Voice, act: str, action: str, extra: Texts | None) -> str:
    """An action put as a wish, a question, a complaint, a ban or a piece of advice."""
    form = chosen(rng, lexicon.frames()[act + "="[: voice[0]]], voice)
    if extra:
        action += " " + rng.choice(extra[voice[0]])
    if "{ving}" in form:
        return form.replace("{ving}", english.gerund(action))
    return form.replace("{v}", action)


def other_thing(rng: random.Random, thing: Thing) -> Thing:
    return another(rng, lexicon.groups()[thing.group].things, thing)


def other_verb(rng: random.Random, verb: Relation, thing: Thing) -> Relation:
    fitting = [v for v in lexicon.doable()[thing.group] if v != verb]
    return rng.choice(fitting or lexicon.verbs())


def any_subject(rng: random.Random) -> tuple[str, str, int]:
    """Who did it, in both languages, and the person of the verb."""
    form = rng.choice(lexicon.frames()["subject"])
    en, pt = form.split(" = ")
    pt, person_of = pt.rsplit(" ", 1)
    if "@name" in en:
        name = person(rng)
        return name, name, int(person_of)
    if "{" not in en:
        return en, pt, int(person_of)
    kind = en[en.index("{") + 1 : en.index("}")]
    thing = any_thing(rng, (kind,))
    preposition = pt[pt.index("{") + 1 : pt.index("}")]
    noun = portuguese.joined(preposition, rng.choice(thing.names[1]))
    return en.replace(f"{{{kind}}}", rng.choice(thing.names[0])), noun, int(person_of)


def any_extra(rng: random.Random) -> Texts | None:
    if rng.random() < 0.6:
        return None
    return rng.choice(lexicon.phrases(rng.choice(("time", "where", "how"))))


def any_action(rng: random.Random, act: str = "") -> Action:
    verb = rng.choice(lexicon.verbs())
    return Action(act or rng.choice(ACTS), verb, any_thing(rng, verb.groups), any_extra(rng))


def any_event(rng: random.Random) -> Event:
    verb = rng.choice(lexicon.verbs())
    return Event(any_subject(rng), verb, any_thing(rng, verb.groups), any_extra(rng))


def any_claim(rng: random.Random) -> Claim:
    quality = rng.choice(lexicon.adjectives())
    return Claim(any_thing(rng, quality.groups), quality)
