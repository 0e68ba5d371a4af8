"""What the user has said before, said again: remembered, repeated, or summed up."""

from __future__ import annotations

from tinychat.conversation import Conversation, assistant, user
from tinychat.reading import fact, facts, passage
from tinychat.tables import Noun, capital, phrases, rows
from tinychat.talk import typed
from tinychat.words import Words

NO_QUESTION = {
    "en": "Thank you for the text. What would you like to know about it?",
    "pt": "Obrigado pelo texto. O que você gostaria de saber sobre ele?",
}
SELF = {
    "en": ("My {a} is {v}.", "What is my {a}?", "Your {a} is {v}.", "All right, I will remember."),
    "pt": ("{O} é {v}.", "Qual é {o}?", "{S} é {v}.", "Certo, vou lembrar disso."),
}  # fmt: skip


def remembered(words: Words) -> Conversation:
    """The user says something of himself and asks for it, at once or in a later message."""
    rng, language = words.rng, words.language
    english, portuguese, kind = rng.choice(rows("attributes"))
    if rng.random() < 0.4:
        english, portuguese, kind = "name", "nome m", "person"
    value, noun = words.value(kind), Noun.portuguese(portuguese)
    mine = ("minha " if noun.feminine else "meu ") + noun.word
    article = "a " if noun.feminine else "o "
    yours = article + ("sua " if noun.feminine else "seu ") + noun.word
    gaps = {
        "a": english,
        "v": value,
        "o": article + mine,
        "O": capital(article + mine),
        "S": capital(yours),
    }
    said, asked, answer, noted = (part.format_map(gaps) for part in SELF[language])
    if rng.random() < 0.3:
        other = fact(words).text
        said = f"{said} {other}" if rng.random() < 0.6 else f"{other} {said}"
    elif rng.random() < 0.3:
        said = said.rstrip(".") + rng.choice(phrases(language, "also")).format(words.place())
    greeting = rng.choice(phrases(language, "greeting"))
    if rng.random() < 0.2:
        said = f"{greeting} {said}"
    if rng.random() < 0.2:
        noted = greeting
    if rng.random() < 0.3:
        messages = [user(f"{said} {typed(rng, asked)}"), assistant(answer)]
    else:
        messages = [user(said), assistant(noted), user(typed(rng, asked)), assistant(answer)]
    return Conversation("reading.remembered", messages, accepted=(answer,))


def summed_up(words: Words) -> Conversation:
    """A text to sum up, by its first sentence; or a text and no question."""
    told = facts(words, words.rng.randint(1, 5))
    text = " ".join(one.text for one in told)
    if words.rng.random() < 0.7:
        question = words.rng.choice(phrases(words.language, "summary")).format(text)
        answer = told[0].before or told[0].sentence
    else:
        question = passage(words.rng, told)
        answer = NO_QUESTION[words.language]
    taught = [user(question), assistant(answer)]
    return Conversation("reading.summary", taught, accepted=(answer,))


def repeated(words: Words) -> Conversation:
    """The user's words again."""
    rng, form = words.rng, words.rng.random()
    if form < 0.4:
        said = " ".join(words.made_up() for _ in range(rng.randint(1, 6)))
    elif form < 0.7:
        said = " ".join(words.value(rng.choice(VALUES)) for _ in range(rng.randint(1, 4)))
    else:
        said = fact(words).text
    question = rng.choice(phrases(words.language, "repeat")).format(said)
    return Conversation("reading.repeated", [user(question), assistant(said)], accepted=(said,))


VALUES = ("person", "place", "price", "code", "date", "email", "number", "version", "time", "name")
