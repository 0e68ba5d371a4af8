"""Answers in JSON, and answers in the language or the brevity that the system message asks for."""

from __future__ import annotations

import json
from typing import Any

from tinychat.conversation import Conversation, assistant, system, user
from tinychat.tables import phrases, rows, with_a
from tinychat.talk import (
    about_a_thing,
    capital_city,
    opposite,
    parted,
    sentence,
    subject,
    typed,
)
from tinychat.words import Words

PERSON = (
    ("age", "small", "is {} years old", "tem {} anos"),
    ("city", "place", "lives in {}", "mora em {}"),
    ("job", "job", "works as {a}", "trabalha como {}"),
    ("email", "email", "has the email {}", "tem o e-mail {}"),
    ("language", "language", "speaks {}", "fala {}"),
    ("company", "name", "works at {}", "trabalha na {}"),
)


def extracted(words: Words) -> Conversation:
    """A text's facts as the values of a JSON object's keys."""
    text, fields = _person(words) if words.rng.random() < 0.5 else _listed(words)
    keys = list(fields)
    if words.rng.random() < 0.3:
        words.rng.shuffle(keys)
    asked = words.rng.choice(phrases(words.language, "json"))
    if "{" in asked:
        keys = keys[: words.rng.randint(1, len(keys))]
        asked = asked.format(", ".join(keys))
    else:
        keys = list(fields)
    answer = json.dumps({key: fields[key] for key in keys}, ensure_ascii=False)
    parts = [asked, text] if words.rng.random() < 0.6 else [text, asked]
    question = words.rng.choice((" ", "\n")).join(parts)
    return Conversation("form.json", [user(question), assistant(answer)], accepted=(answer,))


def _person(words: Words) -> tuple[str, dict[str, Any]]:
    portuguese = words.language == "pt"
    fields: dict[str, Any] = {"name": words.person()}
    said = []
    for key, kind, english, em_portugues in words.rng.sample(PERSON, words.rng.randint(1, 3)):
        text = words.value(kind)
        fields[key] = int(text) if key == "age" else text
        said.append((em_portugues if portuguese else english).format(text, a=with_a(text)))
    joined = " e " if portuguese else " and "
    return f"{fields['name']} {joined.join(said)}.", fields


def _listed(words: Words) -> tuple[str, dict[str, Any]]:
    """Fields with names of any kind, each said with its value."""
    rng, fields, said = words.rng, dict[str, Any](), []
    for english, portuguese, kind in rng.sample(rows("attributes"), rng.randint(1, 4)):
        text = words.value(kind)
        name = words.made_up() if rng.random() < 0.2 else english
        fields[name.replace(" ", "_")] = int(text) if text.isdigit() and text[0] != "0" else text
        shown = portuguese[:-2] if words.language == "pt" and name == english else name
        said.append((shown, text))
    if words.language == "en" and rng.random() < 0.5:
        return " ".join(f"The {name} is {text}." for name, text in said), fields
    return rng.choice((", ", "; ", "\n")).join(f"{name}: {text}" for name, text in said), fields


def in_language(words: Words) -> Conversation:
    """The system asks for a language, and the question may be in the other one."""
    thing, about, question = subject(words, asking=words.rng.choice(("en", "pt")))
    answer = sentence(thing, about)
    order = system(words.rng.choice(phrases(words.language, "language")))
    messages = [order, user(typed(words.rng, question)), assistant(answer)]
    return Conversation("form.language", messages, accepted=(answer,))


def brief(words: Words) -> Conversation:
    """One word where the system asks for one; a whole sentence under other orders."""
    if words.rng.random() < 0.5:
        question, answer = parted(words.rng.choice((capital_city, opposite)), words)
        last = answer.rstrip(".").split(" is " if words.language == "en" else " é ")[-1]
        if answer.split(" is ")[0] in question:
            last = answer.split(" is the capital of ")[-1].rstrip(".")
        order = system(words.rng.choice(phrases(words.language, "brief")))
        messages = [order, user(question), assistant(last)]
        return Conversation("form.brief", messages, accepted=(last,))
    question, answer = about_a_thing(words)
    order = system(words.rng.choice(phrases(words.language, "polite")))
    messages = [order, user(question), assistant(answer)]
    return Conversation("form.brief", messages, accepted=(answer,))
