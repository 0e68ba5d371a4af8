"""Texts spelled out under a constraint, token by token."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import gguf
import numpy as np

from azrun.inference.types import GenerateRequest
from azrun.inference.worker.requests.constraint import Constraint
from azrun.inference.worker.requests.vocabulary import Vocabulary

MARKERS = {
    "hermes": ["<tool_call>", "</tool_call>", "</think>"],
    "mistral": ["[TOOL_CALLS]", "[ARGS]", "[/THINK]"],
    # Without the last two, llama.cpp takes <|end|> for the end of an answer.
    "harmony": [
        *("<|channel|>", "<|message|>", "<|constrain|>", "<|start|>", "<|end|>"),
        *("<|call|>", "<|return|>"),
    ],
}
WORDS = ('{"', '": ', '", "', "name", "arguments", "Lis", "boa", "city", "}}", "}\n")
OBJECT = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "n": {"type": "integer", "maximum": 12}},
    "required": ["city"],
    "additionalProperties": False,
}


def tool(name: str, parameters: dict[str, Any] | None = OBJECT) -> dict[str, Any]:
    function = {"name": name} | ({} if parameters is None else {"parameters": parameters})
    return {"type": "function", "function": function}


def write(path: Path, markers: tuple[str, ...], words: tuple[str, ...]) -> None:
    """Markers are control tokens, or, in angle brackets without bars, a user's."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = iter(range(256, 512))
    spelled = [chr(byte if byte in plain else next(others)) for byte in range(256)]
    kinds = gguf.TokenType
    tokens = [*spelled, *("".join(spelled[byte] for byte in word.encode()) for word in words)]
    types = [kinds.NORMAL] * len(tokens) + [kinds.CONTROL] * 2
    types += [kinds.USER_DEFINED if re.match(r"<[^|]", one) else kinds.CONTROL for one in markers]
    tokens += ["<end>", "<turn>", *markers]
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(tokens)
    writer.add_token_types(types)
    writer.add_token_merges(["\u0100 \u0100"])
    writer.add_eos_token_id(tokens.index("<end>"))
    writer.add_eot_token_id(tokens.index("<turn>"))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.close()


class Speller:
    """Writes text into a constraint, token by token, as an engine would."""

    def __init__(self, vocabulary: Vocabulary, constraint: Constraint) -> None:
        self.vocabulary, self.constraint = vocabulary, constraint

    def tokens(self, text: str) -> list[int]:
        tokens = []
        while text:
            marker = next((m for ms in MARKERS.values() for m in ms if text.startswith(m)), "")
            special = self.vocabulary.special(marker) if marker else None
            word = next((w for w in WORDS if text.startswith(w)), "")
            if special is not None:
                tokens.append(special)
                text = text[len(marker) :]
            elif word:
                tokens.append(256 + WORDS.index(word))
                text = text[len(word) :]
            else:
                tokens += text[0].encode()
                text = text[1:]
        return tokens

    def takes(self, text: str) -> bool:
        """Whether all of the text may come; both ways of asking must agree."""
        for token in self.tokens(text):
            logits = np.zeros(self.vocabulary.size, np.float32)
            self.constraint.mask(logits)
            allowed = self.constraint.allows(token)
            assert allowed == (logits[token] == 0)
            if not allowed:
                return False
            self.constraint.accept(token)
        return True

    def may_end(self) -> bool:
        ends = {self.constraint.allows(token) for token in self.vocabulary.eog}
        logits = np.zeros(self.vocabulary.size, np.float32)
        self.constraint.mask(logits)
        assert {bool(logits[token] == 0) for token in self.vocabulary.eog} == ends
        return ends == {True}


def of_schema(vocabulary: Vocabulary, schema: Any, **more: Any) -> Speller:
    request = GenerateRequest(json_schema=json.dumps(schema))
    return Speller(
        vocabulary, Constraint(vocabulary, request, more.pop("dialect", "plain"), **more)
    )


def of_tools(vocabulary: Vocabulary, dialect: str, *tools: Any, **more: Any) -> Speller:
    names = more.pop("forced", tuple(one["function"]["name"] for one in tools))
    thinking = more.pop("thinking", False)
    request = GenerateRequest(tools=tools, forced_tools=names, **more)
    return Speller(vocabulary, Constraint(vocabulary, request, dialect, thinking))
