"""Questions that call for one of up to three tools, or for none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from tinychat.conversation import Conversation, Message, assistant, calls, system, user
from tinychat.tables import Noun, capital, phrases, rows
from tinychat.talk import exchange, typed
from tinychat.tools import Tool, noun_of, tool
from tinychat.words import Words

AND = {"en": "{} And then: {}", "pt": "{} E depois: {}"}
NEEDED = {
    "sum_of_numbers": {"add", "multiply", "calculator"}, "translation": {"translate_text"},
    "unknown": {"search"}, "small_talk": {"get_weather", "get_current_time", "search"},
}  # fmt: skip
"""The tools that are called for a kind of exchange, where they are declared."""
NO_TOOL = {"en": "I have no tool for that.", "pt": "Não tenho ferramenta para isso."}


def _others(words: Words, wanted: Tool) -> list[Tool]:
    """Up to two tools beside the wanted one, some with its verb or its noun."""
    others: list[Tool] = []
    for _ in range(words.rng.choice((0, 1, 1, 2, 2))):
        other = tool(words)
        same = {wanted.noun, wanted.function["name"]}
        if not same & {other.noun, other.function["name"]}:
            others.append(other)
    return others


def _rivals(words: Words) -> list[Tool]:
    """Two tools that share a noun and differ in what they do with it."""
    noun = noun_of(words)
    verbs = words.rng.sample(rows("verbs"), 2)
    rivals = [tool(words, verb, noun) for verb in verbs]
    names = {rival.function["name"] for rival in rivals}
    return rivals if len(names) == 2 else _rivals(words)


def _declared(words: Words, tools: list[Tool]) -> list[dict[str, Any]]:
    shown = [one.declared for one in tools]
    words.rng.shuffle(shown)
    return shown


def _before(words: Words) -> list[Message]:
    """Sometimes a system message, sometimes an exchange about something else."""
    messages: list[Message] = []
    if words.rng.random() < 0.25:
        messages.append(system(words.rng.choice(phrases(words.language, "order"))))
    if words.rng.random() < 0.1:
        _, (question, answer) = exchange(words)
        messages += [user(question), assistant(answer)]
    return messages


def calling(words: Words) -> Conversation:
    """A question for one of up to three tools; sometimes its result and the answer too."""
    if words.rng.random() < 0.25:
        wanted, *others = _rivals(words)
    else:
        wanted = tool(words)
        others = _others(words, wanted)
    asked, called = wanted.question, [wanted]
    if others and words.rng.random() < (0.1 if words.fresh else 0.25):
        called.append(others[0])
        asked = words.rng.choice(("{} {}", "{}\n{}", AND[words.language])).format(
            asked, others[0].question
        )
    elif words.rng.random() < 0.08:
        asked, called = _twice(words, wanted)
    made = calls(*((one.function["name"], one.arguments) for one in called))
    messages = [*_before(words), user(asked), made]
    kind = "tool.call"
    accepted: tuple[str, ...] = ()
    if len(called) == 1 and words.rng.random() < 0.3:
        result, answer = _result(words)
        messages += [{"role": "tool", "content": result}, assistant(answer)]
        kind, accepted = "tool.result", (answer,)
    return Conversation(kind, messages, _declared(words, [wanted, *others]), accepted=accepted)


def _twice(words: Words, wanted: Tool) -> tuple[str, list[Tool]]:
    """Where a tool is asked about a place: the same about two places, in two calls."""
    if list(wanted.arguments) not in (["location"], ["city"]):
        return wanted.question, [wanted]
    ((key, place),) = wanted.arguments.items()
    if not isinstance(place, str):
        return wanted.question, [wanted]
    other = words.place()
    joined = {"en": "and", "pt": "e"}[words.language]
    asked = wanted.question.replace(place, f"{place} {joined} {other}", 1)
    return asked, [wanted, replace(wanted, arguments={key: other})]


def _result(words: Words) -> tuple[str, str]:
    """What a tool answers, and how that is said to the user."""
    rng, form = words.rng, words.rng.random()
    if form < 0.15:
        said = rng.choice(({"error": words.phrase()}, {"error": f"{words.name()} not found"}))
        start = {"en": "The tool failed: ", "pt": "A ferramenta falhou: "}[words.language]
        return json.dumps(said, ensure_ascii=False), f"{start}{said['error']}."
    if form < 0.3:
        text = words.phrase()
        start = {"en": "The result is ", "pt": "O resultado é "}[words.language]
        return text, f"{start}{text}."
    if form < 0.42:
        kinds = rng.choices(("name", "thing", "person"), k=rng.randint(2, 4))
        many = [words.value(kind) for kind in kinds]
        start = {"en": "The results are ", "pt": "Os resultados são "}[words.language]
        return json.dumps(many, ensure_ascii=False), f"{start}{_joined(words, many)}."
    return _fields(words)


def _fields(words: Words) -> tuple[str, str]:
    """An object: each of its fields becomes a part of the sentence."""
    rng = words.rng
    fields: dict[str, Any] = {}
    parts = []
    for english, portuguese, kind in rng.sample(rows("attributes"), rng.choice((1, 1, 2, 2, 3))):
        text = words.value(kind)
        fields[english.replace(" ", "_")] = int(text) if text.isdigit() and text[0] != "0" else text
        if words.language == "pt":
            parts.append(f"{Noun.portuguese(portuguese).the} é {text}")
        else:
            parts.append(f"the {english} is {text}")
    if rng.random() < 0.2:
        name, text = words.made_up(), words.value("code")
        fields[name] = text
        parts.append(f"{name} é {text}" if words.language == "pt" else f"the {name} is {text}")
    return json.dumps(fields, ensure_ascii=False), f"{capital(_joined(words, parts))}."


def _joined(words: Words, parts: list[str]) -> str:
    last = {"en": " and ", "pt": " e "}[words.language]
    return ", ".join(parts[:-1]) + last + parts[-1] if len(parts) > 1 else parts[0]


def _fits(kind: str, answer: str, tools: set[str]) -> bool:
    """Whether one of the tools would be called for an exchange of this kind."""
    if kind == "small_talk" and not answer.startswith(("I do not know", "Não sei")):
        return False
    return bool(tools & NEEDED.get(kind, set()))


def without(words: Words) -> Conversation:
    """Tools that the question does not need: it is answered, or there is no tool for it."""
    tools = [tool(words) for _ in range(words.rng.choice((1, 2, 3)))]
    names, nouns = {one.function["name"] for one in tools}, {one.noun for one in tools}
    if words.rng.random() < 0.6:
        kind, (question, answer) = exchange(words)
        while _fits(kind, answer, nouns):
            kind, (question, answer) = exchange(words)
    else:
        asked = tool(words)
        while asked.noun in nouns or asked.function["name"] in names:
            asked = tool(words)
        question, answer = asked.question, NO_TOOL[words.language]
        if "search" in nouns:
            question, answer = typed(words.rng, "Thanks!"), "You are welcome!"
    messages = [*_before(words), user(question), assistant(answer)]
    return Conversation("tool.none", messages, _declared(words, tools), accepted=(answer,))
