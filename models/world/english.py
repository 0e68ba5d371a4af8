"""The English forms that the sentences need."""

from __future__ import annotations

import re

PAST = {
    "buy": "bought", "sell": "sold", "break": "broke", "ruin": "ruined", "get": "got",
    "lose": "lost", "find": "found", "look": "looked", "seek": "sought", "steal": "stole",
    "rob": "robbed", "hide": "hid", "give": "gave", "lend": "lent", "eat": "ate",
    "drink": "drank", "sip": "sipped", "try": "tried", "cut": "cut", "chop": "chopped",
    "freeze": "froze", "grow": "grew", "feed": "fed", "breed": "bred", "wear": "wore",
    "put": "put", "take": "took", "sew": "sewed", "read": "read", "write": "wrote",
    "hear": "heard", "sing": "sang", "draw": "drew", "teach": "taught", "speak": "spoke",
    "understand": "understood", "go": "went", "leave": "left", "build": "built",
    "tear": "tore", "shut": "shut", "drive": "drove", "catch": "caught", "ring": "rang",
    "meet": "met", "run": "ran", "hug": "hugged", "drop": "dropped", "lay": "laid",
    "pay": "paid", "heal": "healed", "have": "had", "hurt": "hurt", "rub": "rubbed",
    "win": "won", "send": "sent", "ship": "shipped", "swap": "swapped", "begin": "began",
    "set": "set", "make": "made", "reset": "reset", "ban": "banned", "plan": "planned",
    "cancel": "cancelled", "call": "called", "plug": "plugged", "debug": "debugged",
    "throw": "threw", "knock": "knocked", "prefer": "preferred", "travel": "travelled",
    "tan": "tanned", "can't": "could not", "be": "was", "come": "came", "smell": "smelled",
    "mistake": "mistook", "rise": "rose", "fall": "fell", "stand": "stood", "sit": "sat",
    "bring": "brought", "think": "thought", "say": "said", "tell": "told", "know": "knew",
    "see": "saw", "feel": "felt", "sleep": "slept", "wake": "woke", "swim": "swam", "hit": "hit",
    "die": "died", "weep": "wept", "fight": "fought", "forget": "forgot", "keep": "kept",
    "spend": "spent", "cost": "cost", "quit": "quit", "choose": "chose", "shine": "shone",
    "bleed": "bled", "lead": "led", "let": "let", "forbid": "forbade", "show": "showed",
    "snow": "snowed", "owe": "owed", "stop": "stopped", "log": "logged", "jump": "jumped",
    "need": "needed", "dwell": "dwelt", "hack": "hacked", "fly": "flew", "refer": "referred",
}  # fmt: skip
PLURALS = {
    "child": "children", "man": "men", "woman": "women", "person": "people", "foot": "feet",
    "tooth": "teeth", "mouse": "mice", "knife": "knives", "wolf": "wolves", "shelf": "shelves",
    "life": "lives", "wife": "wives", "leaf": "leaves", "loaf": "loaves", "sheep": "sheep",
    "fish": "fish", "goose": "geese", "thief": "thieves", "half": "halves", "scarf": "scarves",
    "policeman": "policemen", "fireman": "firemen", "fisherman": "fishermen", "news": "news",
}  # fmt: skip
DOUBLED = {
    "get", "rob", "sip", "cut", "chop", "put", "shut", "run", "hug", "drop", "rub", "win", "ship",
    "swap", "begin", "set", "reset", "ban", "plan", "plug", "debug", "cancel", "prefer", "travel",
}  # fmt: skip


def past(phrase: str) -> str:
    """`buy` -> `bought`; only the first word of a phrase changes."""
    verb, *rest = phrase.split(" ")
    return " ".join([PAST.get(verb) or _regular_past(verb), *rest])


def gerund(phrase: str) -> str:
    """`make` -> `making`."""
    verb, *rest = phrase.split(" ")
    if verb in DOUBLED:
        verb += verb[-1]
    elif verb == "be":
        verb = "be"
    elif verb.endswith("ie"):
        verb = verb[:-2] + "y"
    elif verb.endswith("e") and not verb.endswith(("ee", "oe", "ye")):
        verb = verb[:-1]
    return " ".join([verb + "ing", *rest])


def forms(phrase: str, kind: str) -> tuple[str, ...]:
    """The other forms of a noun or a verb."""
    first, *rest = phrase.split(" ")
    if kind == "noun":
        *before, last = phrase.split(" ")
        return (" ".join([*before, PLURALS.get(last) or _with_s(last)]),)
    if kind == "verb":
        return past(phrase), gerund(phrase), " ".join([_with_s(first), *rest])
    return ()


def with_articles(text: str) -> str:
    """`a apple` -> `an apple`."""
    return re.sub(r"\b(a) (?=[aeiou])", r"\1n ", text, flags=re.IGNORECASE)


def _with_s(word: str) -> str:
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def _regular_past(verb: str) -> str:
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in "aeiou":
        return verb[:-1] + "ied"
    return verb + "ed"
