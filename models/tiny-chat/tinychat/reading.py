"""Questions about a text that the prompt holds.

The answer to a question about a text is the sentence of it that tells, word by word.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from tinychat.conversation import Conversation, Message, assistant, system, user
from tinychat.tables import Noun, capital, phrases, rows, things, variants
from tinychat.talk import typed
from tinychat.words import Words

NOT_THERE = {"en": "I do not know: the text does not say.", "pt": "Não sei: o texto não diz."}
QUESTION = {"en": ("Question: ", "", "Q: "), "pt": ("Pergunta: ", "", "P: ")}


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence, the questions that it answers, and the value that they ask for."""

    sentence: str
    questions: tuple[str, ...]
    value: str
    who: str


def fact(words: Words, who: str = "") -> Fact:
    """Something that a text may tell about somebody or something."""
    made = words.rng.random()
    if made < 0.35:
        return _attribute(words, who)
    if made < 0.55:
        return _deed(words, who)
    if made < 0.7:
        return _scene(words, who)
    return _notice(words) if made < 0.9 else _definition(words)


def _attribute(words: Words, who: str, row: tuple[str, ...] = ()) -> Fact:
    english, portuguese, kind = row or words.rng.choice(rows("attributes"))
    value = words.value(kind)
    return _attribute_of(words, who or _owner(words), english, portuguese, value)


def _owner(words: Words) -> str:
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
        return Fact(said, tuple(a.format(f"{attribute.the} {whose}") for a in asked), value, who)
    form = words.rng.random()
    said = f"The {english} of {who} is {value}."
    if form < 0.3 and not who.startswith("the "):
        said = f"{who}'s {english} is {value}."
    elif form < 0.4:
        said = f"{capital(who)} has the {english} {value}."
    asked = tuple(a.format(a=english, who=who) for a in phrases("en", "attribute"))
    return Fact(said, asked, value, who)


def _deed(words: Words, who: str) -> Fact:
    said, asked, dito, pedido, kind, owner = words.rng.choice(rows("deeds"))
    if words.language == "pt":
        said, asked = dito, pedido
    value = words.value(kind)
    if not who:
        who = words.person() if owner == "person" else words.name()
    gaps = {"who": who, "value": value}
    return Fact(capital(said.format_map(gaps)), (asked.format_map(gaps),), value, who)


def _definition(words: Words) -> Fact:
    """A made-up word, explained as one of the known things is."""
    thing, word = words.rng.choice(things())[words.language], words.made_up()
    if words.language == "pt":
        asked = (f"O que é um {word}?", f"O que é {word}?")
        return Fact(f"Um {word} é {thing.kind.a} que {thing.does}.", asked, thing.does, word)
    said = f"A {word} is {thing.kind.a} that {thing.does}."
    return Fact(said, (f"What is a {word}?", f"What is {word}?"), thing.does, word)


def _scene(words: Words, who: str) -> Fact:
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
    return Fact(capital(said), tuple(asked), what, who)


def _notice(words: Words) -> Fact:
    """A sentence as guides, terms and manuals have them."""
    said, asked, dito, pedido = words.rng.choice(rows("notices"))
    if words.language == "pt":
        said, asked = dito, pedido
    noun = words.rng.choice(things())[words.language].noun
    kinds = {"n": "name", "p": "period", "s": "small", "r": "price", "d": "day", "h": "time",
             "c": "code", "l": "place", "e": "email", "f": "phone", "w": "person"}  # fmt: skip
    gaps = {letter: words.value(kind) for letter, kind in kinds.items()}
    gaps |= {"t": noun.word, "o t": noun.the, "O t": capital(noun.the), "do t": noun.of}
    questions = tuple(capital(one.format_map(gaps)) for one in variants(asked))
    values = [gaps[letter] for letter in "rpshdceflnw" if f"{{{letter}}}" in said]
    return Fact(capital(said.format_map(gaps)), questions, values[0] if values else noun.word, "")


def _joined(words: Words, one: Fact, two: Fact) -> Fact:
    """Two facts in one sentence, which answers the questions of either."""
    start, joined = f"{capital(two.who)} ", {"en": "and", "pt": "e"}[words.language]
    if not (one.sentence.startswith(start) and two.sentence.startswith(start)):
        return two
    said = f"{one.sentence.rstrip('.')} {joined} {two.sentence.removeprefix(start)}"
    asked = words.rng.choice((one, two))
    return Fact(said, asked.questions, asked.value, asked.who)


def facts(words: Words, count: int) -> list[Fact]:
    """Facts that do not answer each other's questions, some of them about the same one."""
    found: list[Fact] = []
    names: set[str] = set()
    while len(found) < count:
        if words.rng.random() < 0.2:
            row = words.rng.choice(rows("attributes"))
            pair = [_attribute(words, _owner(words), row) for _ in "ab"]
            found += pair if pair[0].who != pair[1].who else pair[:1]
            continue
        again = found[-1].who if found and words.rng.random() < 0.35 else ""
        again = "" if again.islower() and " " not in again else again
        new = fact(words, again)
        if names.intersection(new.questions):
            continue
        names.update(new.questions)
        if again and words.rng.random() < 0.4:
            new = _joined(words, found.pop(), new)
        found.append(new)
    words.rng.shuffle(found)
    return found


def passage(rng: random.Random, told: list[Fact]) -> str:
    """The facts' sentences as a text, as a list, or as numbered passages."""
    form, said = rng.random(), [one.sentence for one in told]
    if form < 0.6:
        return " ".join(said)
    if form < 0.75:
        return "\n".join(f"- {text}" for text in said)
    if form < 0.9:
        return "\n".join(f"[{i}] {text}" for i, text in enumerate(said, 1))
    return "\n".join(said)


def from_text(words: Words) -> Conversation:
    """A text and a question whose answer is in it, or is not; in training, often several."""
    rng = words.rng
    told = facts(words, rng.choice((1, 2, 2, 3, 3, 4, 5, 6, rng.choice((6, 6, 6, 12, 24)))))
    asked = rng.sample(told, min(len(told), 1 if words.fresh else rng.randint(1, 4)))
    if rng.random() < 0.2:
        told.remove(asked[-1])
        told = told or [fact(words)]
    if not words.fresh:
        rng.shuffle(asked)
    messages: list[Message] = []
    for one in asked:
        question = typed(rng, _question(words, one, told))
        messages += [user(question)] if messages else _placed(words, passage(rng, told), question)
        there = one in told
        answer = one.sentence if there else NOT_THERE[words.language]
        messages.append(assistant(answer))
    kind, value = ("reading.fact", one.value) if there else ("reading.absent", "")
    return Conversation(kind, messages, fact=value, accepted=(answer,))


def _question(words: Words, asked: Fact, told: list[Fact]) -> str:
    """For a fact; sometimes, where the text tells but one of its subject, only that is named."""
    alone = asked in told and sum(one.who == asked.who for one in told) == 1
    if asked.who and alone and words.rng.random() < 0.15:
        return words.rng.choice(phrases(words.language, "about")).format(asked.who)
    return words.rng.choice(asked.questions)


def _placed(words: Words, text: str, question: str) -> list[Message]:
    """Where text and question stand: before, after, or in the system's message."""
    rng, language = words.rng, words.language
    head, mark = rng.choice(phrases(language, "head")), rng.choice(QUESTION[language])
    order, form = rng.choice(phrases(language, "order")), rng.random()
    ordered = [system(order)] if rng.random() < 0.5 else []
    if form < 0.35:
        return [*ordered, user(f"{head}\n{text}\n\n{mark}{question}")]
    if form < 0.55:
        between = rng.choice((" ", "\n", "\n\n"))
        return [*ordered, user(f"{text}{between}{question}")]
    if form < 0.8:
        between = rng.choice((" ", "\n", "\n\n"))
        return [system(f"{order}{between}{head}\n{text}"), user(question)]
    return [*ordered, user(f"{mark}{question}\n\n{head} {text}")]
