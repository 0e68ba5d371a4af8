"""A model's vocabulary as llguidance reads it."""

from __future__ import annotations

import ctypes
from typing import Any

import llama_cpp as lib
from llguidance import LLTokenizer, TokenizerWrapper

_SPECIAL = lib.LLAMA_TOKEN_ATTR_CONTROL | lib.LLAMA_TOKEN_ATTR_UNKNOWN | lib.LLAMA_TOKEN_ATTR_UNUSED
# Masks of these tokens are kept: where a string goes on, 0.4 ms and not 2.5, for 6 MB.
_IN_STRINGS = r'[^"\\\x00-\x1F\x7F]{1,30}'
_SIGN = b"\xff"  # of a token that no text may contain; the byte itself is in no text either
_LONGEST = 2**14  # bytes of one token


class Vocabulary:
    """Built once for a loaded model, from llama.cpp's `vocab`: about a second for 150,000 tokens.

    It keeps no reference to the model, which may be freed before it.
    """

    def __init__(self, vocab: Any) -> None:
        self.size = int(lib.llama_vocab_n_tokens(vocab))
        self._special: dict[str, int] = {}
        self.eog: frozenset[int] = frozenset(
            token for token in range(self.size) if lib.llama_vocab_is_eog(vocab, token)
        )
        tokens = _Tokens(self._read(vocab), self._ends(vocab))
        self.tokenizer = LLTokenizer(TokenizerWrapper(tokens), slices=[_IN_STRINGS])

    def _ends(self, vocab: Any) -> int:
        return min(self.eog, default=max(0, int(lib.llama_vocab_eos(vocab))))

    def _read(self, vocab: Any) -> list[bytes]:
        buffer = ctypes.create_string_buffer(_LONGEST)
        return [self._piece(vocab, token, buffer) for token in range(self.size)]

    def _piece(self, vocab: Any, token: int, buffer: Any) -> bytes:
        count = lib.llama_token_to_piece(vocab, token, buffer, _LONGEST, 0, True)
        piece = ctypes.string_at(buffer, max(0, count))
        if not _is_special(int(lib.llama_vocab_get_attr(vocab, token)), piece):
            return b"" if piece.startswith(_SIGN) else piece
        self._special.setdefault(piece.decode("utf-8", "replace"), token)
        return _SIGN + piece

    def special(self, text: str) -> int | None:
        """The special token of this text, where there is one."""
        return self._special.get(text)


def _is_special(attributes: int, piece: bytes) -> bool:
    if attributes & lib.LLAMA_TOKEN_ATTR_USER_DEFINED:  # Qwen's `<tool_call>`, and runs of spaces
        return piece.startswith(b"<") and piece.endswith(b">")
    return bool(attributes & _SPECIAL)


class _Tokens:
    """What llguidance asks of a tokenizer; of a text it never wants the tokens here."""

    bos_token_id = None

    def __init__(self, tokens: list[bytes], eos: int) -> None:
        self.tokens, self.eos_token_id = tokens, eos

    def __call__(self, text: bytes | str) -> list[int]:
        return []
