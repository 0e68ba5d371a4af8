"""Tools made up at random, and the tools that everybody declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tinychat.parameters import Argument, arguments, converted, names_of, parameter
from tinychat.tables import Noun, capital, listed, phrases, rows, variants, with_a
from tinychat.words import Words

DETAILS = (
    "", "", "", "", "", " for a given location", " by its name", " for the user",
    " from the system", " and return it as JSON", " with the given parameters", " (current)",
    " in the database", ". Use it whenever the user asks for it",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool as OpenAI declares it, a question for it, and the arguments that this asks for."""

    function: dict[str, Any]
    question: str
    arguments: dict[str, Any]
    noun: str

    @property
    def declared(self) -> dict[str, Any]:
        return {"type": "function", "function": self.function}


def noun_of(words: Words) -> tuple[str, Noun]:
    """What a tool works on: its English name for the tool, its name in the question."""
    form = words.rng.random()
    if form < 0.15:
        word = words.made_up()
        return word, Noun(word, words.language, feminine=words.rng.random() < 0.5)
    if form < 0.65:
        english, portuguese = words.rng.choice(rows("targets"))
    else:
        english, portuguese = words.rng.choice(rows("things"))[:2]
    english = english.removeprefix("~")
    return english, Noun.portuguese(portuguese) if words.language == "pt" else Noun(english, "en")


def _styled(words: Words, verb: str, noun: str) -> str:
    """A tool's name as programmers write it."""
    parts, form = [*verb.split(), *noun.split()], words.rng.random()
    if form < 0.65:
        return "_".join(parts)
    if form < 0.78:
        return parts[0] + "".join(part.capitalize() for part in parts[1:])
    if form < 0.86:
        return "-".join(parts)
    if form < 0.93:
        return "_".join([*noun.split(), verb])
    return "_".join([words.made_up(2), *noun.split()])


def tool(words: Words, verb: tuple[str, ...] = (), noun: tuple[str, Noun] | None = None) -> Tool:
    """A tool and a question for it."""
    rng = words.rng
    if not verb and noun is None:
        form = rng.random()
        if form < 0.3:
            return common_tool(words) if form < 0.18 else _search(words)
    names, english, portuguese, described, descreve = verb or rng.choice(rows("verbs"))
    name, shown = noun or noun_of(words)
    starts = variants(portuguese if words.language == "pt" else english)
    given = arguments(words, rng.choice((0, 1, 1, 1, 2, 2, 3)))
    asked = _request(words, rng.choice(starts), shown, given)
    sentence = f"{described} {with_a(name)}"
    if words.language == "pt" and rng.random() < 0.5:
        sentence = f"{descreve} {shown.a}"
    function = {
        "name": _styled(words, rng.choice(names_of(names)), name),
        "description": sentence + rng.choice(DETAILS) + rng.choice(("", "", ".")),
        "parameters": _schema(words, given),
    }
    if rng.random() < 0.12:
        function["description"] = ""
    return Tool(function, asked, {one.name: one.value for one in given}, name)


def _schema(words: Words, given: list[Argument]) -> dict[str, Any]:
    """The parameters in any order, sometimes with optional ones that the question leaves out."""
    rng = words.rng
    properties = {one.name: one.schema for one in given}
    required = [name for name in properties if rng.random() < 0.85]
    if rng.random() < 0.25:
        extra = parameter(words)
        if extra.kind not in {one.kind for one in given}:
            properties.setdefault(extra.name, extra.schema)
    return {"type": "object", "properties": properties, "required": required}


def _request(words: Words, start: str, noun: Noun, given: list[Argument]) -> str:
    """What the user says: a verb, the noun, and the arguments in any order."""
    rng = words.rng
    phrases = [one.phrase for one in given]
    rng.shuffle(phrases)
    shown = rng.choice((noun.the, noun.a, noun.the, noun.word))
    text = " ".join([start, shown, *phrases]).replace(" ,", ",")
    whole = start.split()[0] in listed("clauses")
    if not whole and rng.random() < 0.2:
        text = {"en": "Please ", "pt": "Por favor, "}[words.language] + text
    elif not whole and rng.random() < 0.15:
        text = {"en": "Can you ", "pt": "Você pode: "}[words.language] + text
    return capital(text) + rng.choice((".", ".", "", "?", "!"))


def _search(words: Words) -> Tool:
    """A search tool: all that follows the verb is the query."""
    rng = words.rng
    query = words.phrase() if rng.random() < 0.7 else f"{words.name()} {words.phrase()}"
    where = rng.choice(("web", "documents", "internet", "knowledge", "database", "docs"))
    names = ("search", f"search_{where}", f"{where}_search", "lookup", "find_information")
    name = rng.choice(names)
    key = rng.choice(("query", "q", "text", "question", "input"))
    function = {
        "name": name,
        "description": rng.choice((f"Search the {where}", f"Find facts in the {where}", "Search")),
        "parameters": {
            "type": "object",
            "properties": {key: {"type": "string"}},
            "required": [key],
        },
    }
    asked = f"{rng.choice(phrases(words.language, 'search'))} {query}{rng.choice(('', '.', ''))}"
    return Tool(function, asked, {key: query}, "search")


def common_tool(words: Words) -> Tool:
    """One of the tools that everybody declares, sometimes by another name."""
    rng = words.rng
    name, description, parameters, english, portuguese = rng.choice(rows("common_tools"))
    asked = rng.choice(variants(portuguese if words.language == "pt" else english))
    arguments: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    required = []
    shown = {}
    for declared in parameters.split(";"):
        key, kind = declared.split(":", 1)
        value, schema = _drawn(words, kind)
        used = f"{key.rstrip('?')}}}" in asked
        if not used:
            key = key.rstrip("?") + "?"
        properties[key.rstrip("?")] = schema
        shown[key.rstrip("?")] = str(value)
        shown[f"na {key.rstrip('?')}"] = words.on(str(value))
        if used:
            arguments[key.rstrip("?")] = value
        if not key.endswith("?"):
            required.append(key)
    schema = {"type": "object", "properties": properties, "required": required}
    function = {"name": name, "description": description, "parameters": schema}
    return Tool(function, asked.format_map(shown), arguments, name)


def _drawn(words: Words, kind: str) -> tuple[Any, dict[str, Any]]:
    """A value, and its schema, of `string=place` or of `low,high`."""
    if "=" not in kind:
        allowed = kind.split(",")
        return words.rng.choice(allowed), {"type": "string", "enum": allowed}
    type_, values = kind.split("=")
    return converted(type_, words.value(values)), {"type": type_}
