"""The vocabulary: byte pairs learned from the conversations, in the form llama.cpp reads.

Pairs are learned inside words only. A space joins a word only when the word is one token by
then: so " Lisbon" and "Lisbon" in quotes fall into the same pieces, and copying is easy.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from functools import cache
from pathlib import Path

import regex
from tokenizers import AddedToken, Regex, Tokenizer, models, pre_tokenizers, trainers

from tinychat.conversation import segments
from tinychat.lessons import conversation

CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MARKS = (
    "<tool_call>",
    "</tool_call>",
    "<tool_response>",
    "</tool_response>",
    "<tools>",
    "</tools>",
)
SIZE, WORD_PAIRS = 4096, 2650
PUNCTUATION = (
    '" :', '" ,', "Ġ \"", '} }', '" }', '{ "', '" }}', "Ġ {\"", ". Ċ", "Ċ Ċ", "? Ċ", "( )",
)  # fmt: skip
SPACE = "Ġ"
QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}|"
    r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How llama.cpp splits a text of a vocabulary whose `pre` is qwen2."""


@cache
def byte_letters() -> dict[int, str]:
    """GPT-2's letter for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (byte for byte in range(256) if byte not in plain)
    return {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(others)}


def learned(seed: int = 1, conversations: int = 60_000) -> dict[str, list[str]]:
    """The merges, best first, and the vocabulary in the order of its ids."""
    rng = random.Random(f"vocabulary {seed}")
    texts = ["".join(t for t, _ in segments(conversation(rng))) for _ in range(conversations)]
    pairs = [*_word_pairs(texts), *PUNCTUATION]
    tokens = list(dict.fromkeys([*byte_letters().values(), *(p.replace(" ", "") for p in pairs)]))
    known = set(tokens)
    for word, _ in _spaced(texts).most_common():
        if len(tokens) + len(CONTROL) + len(MARKS) == SIZE:
            break
        if word in known:
            pairs.append(f"{SPACE} {word}")
            tokens.append(SPACE + word)
    return {"merges": pairs, "tokens": [*tokens, *CONTROL, *MARKS]}


def _word_pairs(texts: list[str]) -> list[str]:
    """Byte pairs of words, without what stands around them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(r"\p{L}+"), "removed", invert=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=256 + WORD_PAIRS,
        initial_alphabet=list(byte_letters().values()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    return [" ".join(pair) for pair in merges]


def _spaced(texts: list[str]) -> Counter[str]:
    """How often each word comes after a space, in byte letters."""
    letters = byte_letters()
    counts = Counter(word for text in texts for word in regex.findall(r"(?<= )\p{L}+", text))
    return Counter({"".join(letters[b] for b in w.encode()): n for w, n in counts.items()})


def tokenizer_of(vocabulary: dict[str, list[str]]) -> Tokenizer:
    """Encodes as llama.cpp does with the same merges."""
    ids = {token: i for i, token in enumerate(vocabulary["tokens"])}
    merges = [(one.split(" ")[0], one.split(" ")[1]) for one in vocabulary["merges"]]
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN2), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in (*CONTROL, *MARKS)])
    return tokenizer


def load(path: Path) -> dict[str, list[str]]:
    """A vocabulary that `learned` made, or a new one, which is kept at `path`."""
    if not path.exists():
        path.write_text(json.dumps(learned(), ensure_ascii=False, indent=0), encoding="utf-8")
    vocabulary: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return vocabulary
