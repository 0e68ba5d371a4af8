"""The vocabulary, and the tokenizer that llama.cpp will run: BERT's WordPiece.

`python models/tiny-embed/wordpiece.py` learns the pieces from the world's words anew and writes
`vocabulary.txt`. A piece that begins a word starts with U+2581, as in GGUF files.
"""

from __future__ import annotations

import math
import random
import unicodedata
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise
from pathlib import Path

import shared  # noqa: F401

HERE = Path(__file__).parent
START = "\u2581"
SPECIALS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
PAD, UNKNOWN, CLS, SEP, _ = range(len(SPECIALS))
PIECES = 8192
SAMPLE = 120_000
LETTERS = (
    "abcdefghijklmnopqrstuvwxyz0123456789"
    "ßæøđłıþðœħŋªº"
    "αβγδεζηθικλμνξοπρςστυφχψω"
    "абвгдежзиклмнопрстуфхцчшщъыьэюяіє"
    "אבגדהוזחטיךכלםמןנסעףפץצקרשת"
    "ابتثجحخدذرزسشصضطظعغفقكلمنهوي"
)
ASCII_MARKS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
MARKS = ASCII_MARKS + "€£°§©®¿¡«»“”\u2018\u2019\u2013—…•·"


class Tokenizer:
    """Greedy longest pieces, lower case, without accents; words are remembered."""

    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces
        self._ids = {piece: index for index, piece in enumerate(pieces)}
        self._longest = max(map(len, pieces))
        self._known: dict[str, list[int]] = {}

    def __call__(self, text: str) -> list[int]:
        """The ids of `text`'s pieces, without [CLS] and [SEP]."""
        ids: list[int] = []
        for word in words(text):
            if word not in self._known:
                self._known[word] = self._split(START + word)
            ids += self._known[word]
        return ids

    def _split(self, word: str) -> list[int]:
        found, at = [], 0
        while at < len(word):
            for end in range(min(len(word), at + self._longest), at, -1):
                if (piece := self._ids.get(word[at:end])) is not None:
                    found.append(piece)
                    at = end
                    break
            else:
                return [UNKNOWN]
        return found


@cache
def tokenizer() -> Tokenizer:
    """The committed vocabulary's."""
    return Tokenizer((HERE / "vocabulary.txt").read_text(encoding="utf-8").split("\n")[:-1])


def words(text: str) -> list[str]:
    """What llama.cpp splits a text into: at spaces, and around every mark."""
    found, word = [], ""
    for char in text:
        base = unicodedata.normalize("NFD", char)[0]
        kind = unicodedata.category(base)
        alone = kind[0] == "P" or (kind[0] == "S" and base < "\x7f") or _chinese(base)
        if alone or char.isspace() or kind[0] == "Z":
            found += [word] if word else []
            word = ""
            if alone:
                found.append(base)
        elif kind[0] != "C" and kind != "Mn":
            word += base.lower()
    return [*found, word] if word else found


def _chinese(char: str) -> bool:
    return "\u4e00" <= char <= "\u9fff" or "\u3400" <= char <= "\u4dbf"


def learned(counts: Counter[str], size: int) -> list[str]:
    """Pieces by merging the pair that occurs most often, until there are `size`."""
    pieces = [*SPECIALS, *(START + mark for mark in MARKS)]
    pieces += [START + letter for letter in LETTERS] + list(LETTERS)
    split = {word: [START + word[0], *word[1:]] for word in counts if word[0] not in MARKS}
    weights = {word: math.sqrt(counts[word]) for word in split}
    totals, where = Counter[tuple[str, str]](), defaultdict(set)
    for word, parts in split.items():
        for pair in pairwise(parts):
            totals[pair] += weights[word]  # type: ignore[assignment]
            where[pair].add(word)
    known = set(pieces)
    while len(pieces) < size and totals:
        best = max(totals, key=lambda pair: (totals[pair], pair))
        merged = best[0] + best[1]
        if merged not in known:
            known.add(merged)
            pieces.append(merged)
        for word in list(where.pop(best)):
            _merge(word, split, weights[word], best, totals, where)
        totals.pop(best, None)
    return pieces


def _merge(word, split, weight, best, totals, where):  # type: ignore[no-untyped-def]
    parts = split[word]
    for pair in pairwise(parts):
        totals[pair] -= weight
        if totals[pair] <= 1e-9:
            del totals[pair]
    joined, at = [], 0
    while at < len(parts):
        if tuple(parts[at : at + 2]) == best:
            joined.append(best[0] + best[1])
            at += 2
        else:
            joined.append(parts[at])
            at += 1
    split[word] = joined
    for pair in pairwise(joined):
        totals[pair] += weight
        where[pair].add(word)


def main() -> None:
    from world.pairs import pairs

    counts: Counter[str] = Counter()
    source = pairs(random.Random("vocabulary"))
    for _ in range(SAMPLE):
        pair = next(source)
        counts.update(words(f"{pair.first} {pair.second} {pair.other}"))
    common = Counter({word: count for word, count in counts.items() if count >= 8})
    print(f"{len(common)} words")
    text = "\n".join(learned(common, PIECES)) + "\n"
    (HERE / "vocabulary.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
