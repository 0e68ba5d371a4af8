"""How to ask for a fact and to tell it: the wordings of `words/facts.txt` and `words/ways.txt`."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from functools import cache

from world import lexicon
from world.facts import Fact
from world.lexicon import WORDS, Texts
from world.meanings import training_forms

WAYS = WORDS / "ways.txt"
WORN = 0.15
"""The share of wordings that have lost words, lest the forms be learnt by heart."""
WORD = re.compile(r"\{[^}]*\}|[^\s{]+")


def phrased(rng: random.Random, fact: Fact, worn: float = WORN) -> Fact:
    """`fact` with one way to ask for it and one to tell it in each language."""
    kept = rng.uniform(0.2, 0.9) if rng.random() < worn else 1.0
    asked, told = (
        tuple((_thinned(rng, rng.choice(forms), kept),) for forms in both)
        for both in _wordings()[fact.attribute.key]
    )
    return replace(fact, attribute=replace(fact.attribute, questions=asked, passages=told))


def _thinned(rng: random.Random, form: str, kept: float) -> str:
    """`form`, or its fields with that share of its other words."""
    if kept == 1:
        return form
    words = (word for word in WORD.findall(form) if word[0] == "{" or rng.random() < kept)
    worn = " ".join(words)
    return form if worn in _held_out() else worn


@cache
def _held_out() -> frozenset[str]:
    """The wordings that only an evaluation may use."""
    return frozenset(
        form
        for attribute in lexicon.attributes()
        for both in (attribute.questions, attribute.passages)
        for forms in both
        for form in forms[len(training_forms(forms)) :]
    )


@cache
def _wordings() -> dict[str, tuple[Texts, Texts]]:
    """Questions and passages of each attribute, without those that are kept from training."""
    more = _ways()
    found = {}
    for attribute in lexicon.attributes():
        asked, told = more[attribute.key]
        found[attribute.key] = (
            _joined(attribute.questions, asked),
            _joined(attribute.passages, told),
        )
    return found


def _joined(ours: Texts, more: Texts) -> Texts:
    english, portuguese = (
        (*training_forms(one), *other) for one, other in zip(ours, more, strict=True)
    )
    return english, portuguese


def _ways() -> dict[str, tuple[Texts, Texts]]:
    """Five lines each: the attribute, questions and passages in English, then in Portuguese."""
    lines = WAYS.read_text("utf-8").splitlines()
    found = {}
    for at in range(0, len(lines), 5):
        key, *forms = lines[at : at + 5]
        q_en, p_en, q_pt, p_pt = (tuple(form.split(" / ")) for form in forms)
        found[key] = ((q_en, q_pt), (p_en, p_pt))
    return found
