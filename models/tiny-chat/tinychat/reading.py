"""Questions about a text that the prompt holds.

The answer to a question about a text is the sentence of it that tells, word by word.
"""

from __future__ import annotations

import random

from world import facts as world

from tinychat.conversation import Conversation, Message, assistant, system, user
from tinychat.everyday import asked_for, doing, quality
from tinychat.facts import Fact, attribute, deed, definition, notice, owner, scene
from tinychat.tables import capital, phrases, rows
from tinychat.talk import typed
from tinychat.words import Words

NOT_THERE = {"en": "I do not know: the text does not say.", "pt": "Não sei: o texto não diz."}
QUESTION = {"en": ("Question: ", "", "Q: "), "pt": ("Pergunta: ", "", "P: ")}


def fact(words: Words, who: str = "", near: world.Fact | None = None) -> Fact:
    """Something that a text may tell: of `who`, if that is known, or `near` what it told."""
    made = words.rng.random()
    if near and made < 0.5:
        return quality(words, near)
    if who or made < 0.4:
        return words.rng.choices((attribute, deed, scene), (18, 12, 9))[0](words, who)
    return words.rng.choices((notice, definition, quality, doing), (15, 6, 24, 15))[0](words)


def _joined(words: Words, one: Fact, two: Fact) -> Fact:
    """Two facts in one sentence, which answers the questions of either."""
    start, joined = f"{capital(two.who)} ", {"en": "and", "pt": "e"}[words.language]
    if not (one.sentence.startswith(start) and two.sentence.startswith(start)):
        return two
    said = f"{one.sentence.rstrip('.')} {joined} {two.sentence.removeprefix(start)}"
    asked = words.rng.choice((one, two))
    return Fact(said, asked.questions, asked.who)


def facts(words: Words, count: int) -> list[Fact]:
    """Facts that do not answer each other's questions, some of them about the same one."""
    found: list[Fact] = []
    names: set[object] = set()
    while len(found) < count:
        if words.rng.random() < 0.2:
            row = words.rng.choice(rows("attributes"))
            pair = [attribute(words, owner(words), row) for _ in "ab"]
            found += pair if pair[0].who != pair[1].who else pair[:1]
            continue
        again = found[-1].who if found and words.rng.random() < 0.35 else ""
        again = "" if again.islower() and " " not in again else again
        new = fact(words, again, found[-1].known if found else None)
        asked = {*new.questions, *([asked_for(new.known)] if new.known else ())}
        if names & asked:
            continue
        names |= asked
        if again and words.rng.random() < 0.4:
            new = _joined(words, found.pop(), new)
        found.append(new)
    words.rng.shuffle(found)
    return found


def passage(rng: random.Random, told: list[Fact]) -> str:
    """The facts' sentences as a text, as a list, or as numbered passages."""
    form, said = rng.random(), [one.text for one in told]
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
    kind = "reading.fact" if there else "reading.absent"
    return Conversation(kind, messages, accepted=(answer,))


def _question(words: Words, asked: Fact, told: list[Fact]) -> str:
    """For a fact; sometimes, where the text tells but one of its subject, only that is named."""
    alone = not asked.before and [one.who for one in told].count(asked.who) == 1
    if asked.who and asked in told and alone and words.rng.random() < 0.15:
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
