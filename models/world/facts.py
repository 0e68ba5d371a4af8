"""Facts: a thing, one of its attributes, a value; questions, and passages that answer them."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace

from world import english, lexicon, portuguese
from world.lexicon import Attribute, Texts, Thing
from world.meanings import Voice, any_thing, chosen, named, other_thing
from world.values import Value, invented, value_of

FIELD = re.compile(r"\{(?:(the|o|um|do|de|no|em|ao|pelo|em um) )?([ev])\}")
FILLERS: Texts = (
    (
        "Many people do not know this.", "That was published last week.",
        "Ask again if anything is unclear.", "This has not changed for a long time.",
        "At least so it is written in the guide.", "Everybody around here can confirm it.",
        "There is more about it on the next page.", "It surprised all of us.",
    ),
    (
        "Muita gente não sabe disso.", "Isso foi publicado na semana passada.",
        "Pergunte de novo se algo não ficou claro.", "Isso não muda há muito tempo.",
        "Pelo menos é o que diz o guia.", "Todo mundo por aqui confirma.",
        "Há mais sobre isso na próxima página.", "Foi uma surpresa para todos nós.",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Entity:
    """A thing, maybe told from others of its kind by where, whose or what name."""

    thing: Thing
    qualifier: tuple[str, str] = ("", "")

    @property
    def key(self) -> str:
        return f"{self.thing.key}{self.qualifier[0]}"

    def said(self, rng: random.Random, word: str | None, language: int) -> str:
        """With the article or the preposition `word`: `the bakery in Lisbon`, `da padaria`."""
        noun, qualifier = named(rng, self.thing, language), self.qualifier[language]
        if language == 0:
            article = "the " if word and self.thing.group not in lexicon.PROPER else ""
            return f"{article}{noun}{qualifier}"
        if word is None:
            return noun.rstrip("*") + qualifier
        nameless = self.thing.group in ("city", "language")
        return portuguese.joined(word, noun, named=nameless) + qualifier


@dataclass(frozen=True)
class Fact:
    """What a question asks and a passage answers."""

    entity: Entity
    attribute: Attribute
    value: Value

    @property
    def key(self) -> str:
        return f"{self.entity.key}|{self.attribute.key}"

    def asked(self, rng: random.Random, voice: Voice) -> str:
        return self._filled(rng, chosen(rng, self.attribute.questions[voice[0]], voice), voice[0])

    def told(self, rng: random.Random, voice: Voice) -> str:
        return self._filled(rng, chosen(rng, self.attribute.passages[voice[0]], voice), voice[0])

    def passage(self, rng: random.Random, voice: Voice, without: str = "") -> str:
        """The fact in one to three sentences, among others on the same thing but `without`."""
        sentences = [self.told(rng, voice)]
        if rng.random() < 0.25 and (other := other_attribute(rng, self)).key != without:
            sentences.insert(rng.randint(0, 1), other.told(rng, voice))
        if rng.random() < 0.35:
            sentences.insert(rng.randint(0, len(sentences)), rng.choice(FILLERS[voice[0]]))
        return ". ".join(sentence.rstrip(".") for sentence in sentences) + "."

    def twisted(self, rng: random.Random) -> Fact:
        """The same thing's other attribute, or another thing's same one."""
        if rng.random() < 0.5:
            return other_attribute(rng, self)
        entity = replace(self.entity, thing=other_thing(rng, self.entity.thing))
        if self.entity.qualifier[0] and rng.random() < 0.5:
            entity = replace(self.entity, qualifier=any_qualifier(rng))
        return replace(self, entity=entity, value=value_of(rng, self.attribute.value))

    def _filled(self, rng: random.Random, form: str, language: int) -> str:
        def put(match: re.Match[str]) -> str:
            word, field = match.groups()
            if field == "v":
                return _valued(self.value, word, language)
            return self.entity.said(rng, word, language)

        return (
            english.with_articles(FIELD.sub(put, form)) if language == 0 else FIELD.sub(put, form)
        )


def any_qualifier(rng: random.Random) -> tuple[str, str]:
    """`in Lisbon`, `of my aunt`, a name."""
    part = rng.random()
    if part < 0.4:
        city = any_thing(rng, ("city", "country"))
        place = rng.choice(city.names[1])
        return (
            f" in {rng.choice(city.names[0])}",
            " " + portuguese.joined("no", place, named=city.group == "city"),
        )
    if part < 0.65:
        who = any_thing(rng, ("family", "job"))
        whose = portuguese.joined("do", rng.choice(who.names[1]))
        return f" of the {rng.choice(who.names[0])}", f" {whose}"
    name = invented(rng)
    return f" {name}", f" {name}"


def any_fact(rng: random.Random) -> Fact:
    attribute = rng.choice(lexicon.attributes())
    thing = any_thing(rng, attribute.groups)
    plain = thing.group in lexicon.PROPER or rng.random() < 0.55
    entity = Entity(thing) if plain else Entity(thing, any_qualifier(rng))
    return Fact(entity, attribute, value_of(rng, attribute.value))


def among_others(rng: random.Random, text: str, voice: Voice) -> str:
    """`text` in the midst of one to three passages on anything."""
    around = [any_fact(rng).passage(rng, voice) for _ in range(rng.randint(1, 3))]
    around.insert(rng.randint(0, len(around)), text)
    return " ".join(around)


def other_attribute(rng: random.Random, fact: Fact) -> Fact:
    fitting = lexicon.applicable()[fact.entity.thing.group]
    attribute = rng.choice([a for a in fitting if a != fact.attribute] or fitting)
    return Fact(fact.entity, attribute, value_of(rng, attribute.value))


def relative(rng: random.Random, fact: Fact) -> Fact:
    """A fact that a search by meaning confuses with `fact`."""
    part = rng.random()
    if part < 0.4:
        other = other_attribute(rng, fact)
    elif part < 0.7:
        entity = replace(fact.entity, thing=other_thing(rng, fact.entity.thing))
        other = replace(fact, entity=entity)
    elif part < 0.88:
        entity = replace(fact.entity, qualifier=rng.choice((any_qualifier(rng), ("", ""))))
        other = replace(fact, entity=entity)
    else:
        other = any_fact(rng)
    return replace(other, value=value_of(rng, other.attribute.value))


def _valued(value: Value, word: str | None, language: int) -> str:
    if language == 0:
        return value.english
    if word is None:
        return value.portuguese.rstrip("*")
    return portuguese.joined(word, value.portuguese, named=value.named)
