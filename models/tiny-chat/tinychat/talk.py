"""Small talk and what the tables know: questions without a text and without tools."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from functools import cache

from tinychat.conversation import Conversation, Message, assistant, user
from tinychat.nonsense import nonsense
from tinychat.tables import (
    Noun,
    Thing,
    capital,
    is_portuguese,
    listed,
    phrases,
    rows,
    things,
    variants,
)
from tinychat.words import Words

Exchange = tuple[str, str]

ABOUT = ("definition", "deed", "finding", "both", "look")
"""What a question about a thing may ask for."""
ASKED = ("definition", *ABOUT)
"""As often as it is asked."""


def typed(rng: random.Random, question: str) -> str:
    """A question as people type it: without its mark, in small letters, with a please."""
    if rng.random() < 0.25:
        question = question.rstrip("?.!")
    if rng.random() < 0.15 and not question[1:2].isupper():
        question = question[:1].lower() + question[1:]
    return question


def sentence(thing: Thing, about: str) -> str:
    """What is said about a thing."""
    if about == "both":
        return f"{thing.definition} {thing.finding}"
    return str(getattr(thing, about))


@cache
def subjects() -> dict[str, tuple[str, str]]:
    """Every sentence about a thing, and which thing in which language it is about."""
    return {
        sentence(thing, about): (language, thing.noun.word)
        for pair in things()
        for language, thing in pair.items()
        for about in ABOUT
        if about != "look" or thing.colour
    }


def asked_about(rng: random.Random, thing: Thing, about: str) -> str:
    noun = thing.noun
    gaps = {"a": noun.a, "word": noun.word, "of": noun.of}
    return capital(rng.choice(phrases(noun.language, f"ask {about}")).format_map(gaps))


def held_out(question: str) -> bool:
    """Whether a question is kept for the evaluation: every tenth is, by its hash."""
    return zlib.crc32(question.lower().rstrip("?.! ").encode()) % 10 == 0


def subject(words: Words, asking: str = "") -> tuple[Thing, str, str]:
    """A thing, what is asked about it, and the question, which is on the right side.

    The question may be in another language, `asking`, than the thing.
    """
    while True:
        pair = words.rng.choice(things())
        thing, about = pair[words.language], words.rng.choice(ASKED)
        if about == "look" and not thing.colour:
            about = "definition"
        question = asked_about(words.rng, pair[asking or words.language], about)
        if held_out(question) == words.fresh:
            return thing, about, question


def about_a_thing(words: Words) -> Exchange:
    thing, about, question = subject(words)
    return question, sentence(thing, about)


def kind_of_thing(words: Words) -> Exchange:
    rng, language = words.rng, words.language
    pair = rng.choice(things())
    noun, kind = pair[language].noun, pair[language].kind
    if rng.random() < 0.3:
        if language == "pt":
            return f"Que tipo de coisa é {noun.a}?", f"{capital(noun.a)} é {kind.a}."
        return f"What kind of thing is {noun.a}?", f"{capital(noun.a)} is {kind.a}."
    right = rng.random() < 0.5
    shown = kind if right else rng.choice(_others(pair["en"].kind.word))[language]
    if language == "pt":
        question = f"{capital(noun.a)} é {shown.a}?"
        return question, f"{'Sim' if right else 'Não'}, {noun.a} é {kind.a}."
    return f"Is {noun.a} {shown.a}?", f"{'Yes' if right else 'No'}, {noun.a} is {kind.a}."


@cache
def _others(kind: str) -> list[dict[str, Noun]]:
    """The kinds that a thing of this one certainly is not, as often as there are things of them."""
    families = {row[0]: set(row[4].split()) for row in rows("kinds")}
    return [
        {language: thing.kind for language, thing in pair.items()}
        for pair in things()
        if not families[pair["en"].kind.word] & families[kind]
    ]


def riddle(words: Words) -> Exchange:
    """The thing is asked for, what it does is given."""
    thing = words.rng.choice(things())[words.language]
    if words.language == "pt":
        return f"O que {thing.does}?", thing.deed
    return f"What {thing.does}?", thing.deed


def difference(words: Words) -> Exchange:
    one, two = (pair[words.language] for pair in words.rng.sample(things(), 2))
    joined = {"en": "and", "pt": "e"}[words.language]
    question = words.rng.choice(phrases(words.language, "difference"))
    answer = f"{capital(one.noun.a)} {one.does}, {joined} {two.noun.a} {two.does}."
    return question.format(one.noun.a, two.noun.a), answer


def translation(words: Words) -> Exchange:
    pair = words.rng.choice(things())
    english, portuguese = pair["en"].noun, pair["pt"].noun
    question = words.rng.choice(phrases(words.language, "translate"))
    if words.language == "en":
        answer = f"In Portuguese, {english.word} is {portuguese.word}."
        return question.format(english.word), answer
    return question.format(portuguese.word), f"Em inglês, {portuguese.word} é {english.word}."


def opposite(words: Words) -> Exchange:
    row = words.rng.choice(rows("opposites"))
    pair = list(row[2:] if words.language == "pt" else row[:2])
    words.rng.shuffle(pair)
    question = words.rng.choice(phrases(words.language, "opposite")).format(pair[0])
    if words.language == "pt":
        return question, f"O contrário de {pair[0]} é {pair[1]}."
    return question, f"The opposite of {pair[0]} is {pair[1]}."


def capital_city(words: Words) -> Exchange:
    country, city, o_country, cidade = words.rng.choice(rows("capitals"))
    question = words.rng.choice(phrases(words.language, "capital"))
    if words.language == "pt":
        of = _of(o_country)
        return question.format(of), f"A capital {of} é {cidade}."
    if words.rng.random() < 0.15:
        return f"{city} is the capital of which country?", f"{city} is the capital of {country}."
    return question.format(country), f"The capital of {country} is {city}."


def _of(country: str) -> str:
    """A country after Portuguese "de": "da França"."""
    for start, joined in (("o ", "do "), ("a ", "da "), ("os ", "dos ")):
        if country.startswith(start):
            return joined + country.removeprefix(start)
    return f"de {country}"


def sum_of_numbers(words: Words) -> Exchange:
    rng, sign = words.rng, words.rng.choice("++-x")
    one, two = rng.randint(0, 12), rng.randint(0, 12)
    if sign == "-":
        one, two = max(one, two), min(one, two)
    result = {"+": one + two, "-": one - two, "x": one * two}[sign]
    spoken = {"en": {"+": "plus", "-": "minus", "x": "times"},
              "pt": {"+": "mais", "-": "menos", "x": "vezes"}}[words.language]  # fmt: skip
    asked = phrases(words.language, "sum")
    middle = rng.choice((f" {sign} ", f" {spoken[sign]} ", sign))
    return rng.choice(asked).format(f"{one}{middle}{two}"), f"{one} {sign} {two} = {result}."


def listing(words: Words) -> Exchange:
    """Three things of a kind: always the first three of the table."""
    kinds = [row for row in rows("kinds") if row[2]]
    english, _, *plurals = words.rng.choice(kinds)
    plural = plurals[words.language == "pt"]
    found = [p[words.language].noun.a for p in things() if p["en"].kind.word == english][:3]
    joined = f"{', '.join(found[:-1])} {'e' if words.language == 'pt' else 'and'} {found[-1]}"
    question = words.rng.choice(phrases(words.language, "list")).format(plural)
    start = "São exemplos de {}: {}." if words.language == "pt" else "Examples of {} are {}."
    return question, start.format(plural, joined)


def small_talk(words: Words) -> Exchange:
    wanted = words.language == "pt"
    table = [row for row in rows("answers") if is_portuguese(row[1]) == wanted]
    questions, answer = words.rng.choice(table)
    question = words.rng.choice(variants(questions))
    asks = question.split()[0] in listed("question words")
    return question + ("?" if asks else words.rng.choice((".", "!", "", ""))), answer


def unknown(words: Words) -> Exchange:
    """A subject that nobody has heard of."""
    table = [row[1:] for row in rows("unknown") if row[0] == words.language]
    question, answer = words.rng.choice(table)
    x = words.made_up()
    name = words.name() if words.rng.random() < 0.7 else words.person()
    english, portuguese, _ = words.rng.choice(rows("attributes"))
    thing = words.rng.choice(things())[words.language]
    pair = [words.made_up(), words.rng.choice((thing.noun.word, words.made_up()))]
    gaps = {
        "x": x,
        "y": " ".join(pair if words.language == "en" else reversed(pair)),
        "does": thing.does, "X": name, "attribute": english,
        "o attribute": Noun.portuguese(portuguese).the,
    }  # fmt: skip
    return question.format_map(gaps), answer.format_map(gaps)


KINDS = (
    (about_a_thing, 12, 12), (kind_of_thing, 9, 2), (riddle, 8, 3), (difference, 1.5, 1),
    (translation, 10, 2.5), (opposite, 4, 1), (capital_city, 4, 1), (sum_of_numbers, 10, 2.5),
    (listing, 0.7, 0.7), (small_talk, 8, 6), (unknown, 8, 3), (nonsense, 2, 2),
)  # fmt: skip
"""Each with its weight in training and in evaluation."""

PARTED = (kind_of_thing, difference, translation, opposite, capital_city)
"""Whose questions the training and the evaluation share out between them."""


def parted(maker: Callable[[Words], Exchange], words: Words) -> Exchange:
    """An exchange whose question is on the right side, of training or of evaluation."""
    question, answer = maker(words)
    while maker in PARTED and held_out(question) != words.fresh:
        question, answer = maker(words)
    return question, answer


def exchange(words: Words) -> tuple[str, Exchange]:
    """One question and its answer, and which of the functions above made it."""
    weights = [asked if words.fresh else shown for _, shown, asked in KINDS]
    maker = words.rng.choices([kind for kind, *_ in KINDS], weights)[0]
    question, answer = parted(maker, words)
    if maker is not nonsense:
        question = typed(words.rng, question)
    return maker.__name__, (question, answer)


def talk(words: Words) -> Conversation:
    """One to three exchanges about different subjects."""
    messages: list[Message] = []
    for _ in range(words.rng.choice((1, 1, 1, 2, 3))):
        kind, (question, answer) = exchange(words)
        messages += [user(question), assistant(answer)]
    return Conversation(f"talk.{kind}", messages, accepted=(answer,))


def follow_up(words: Words) -> Conversation:
    """The second question says "it" of what the first one was about."""
    thing, about, question = subject(words)
    messages = [user(typed(words.rng, question)), assistant(sentence(thing, about))]
    choices = [k for k in ("deed", "finding", "look", "definition") if k != about]
    for asked in words.rng.sample([k for k in choices if k != "look" or thing.colour], 1):
        question = words.rng.choice(phrases(words.language, f"follow {asked}"))
        answer = sentence(thing, asked)
        messages += [user(typed(words.rng, question)), assistant(answer)]
    return Conversation("talk.follow_up", messages, accepted=(answer,))
