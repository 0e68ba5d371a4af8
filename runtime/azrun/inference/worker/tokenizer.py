"""From text to tokens, also of a text that was made to do harm."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future
from functools import cached_property
from typing import Any, TypeVar

import llama_cpp as lib

from azrun.inference.errors import InvalidRequest

LONG = 2**14  # characters; a shorter text fits any stack
# llama.cpp splits text by regular expressions, and std::regex calls itself for each character of
# a match: 330 bytes of stack each. Beyond the stack's end the process ends.
LONGEST_RUN = 2**19
DEEP = 2**29  # bytes of address space: memory is only what is used
# Its search for special tokens takes a time that grows with their square: here half a second.
MOST_SPECIAL = 20_000

_RUN = re.compile(r"\S+|\s+")
_LIKE_SPECIAL = re.compile(r"<[^<>\s]{1,60}>|\[[A-Z_/]{1,30}\]")
_SPECIAL = (
    lib.LLAMA_TOKEN_ATTR_CONTROL | lib.LLAMA_TOKEN_ATTR_UNKNOWN | lib.LLAMA_TOKEN_ATTR_USER_DEFINED
)
_HINT = "Shorten the text."
_starting = threading.Lock()
Result = TypeVar("Result")


class Tokenizer:
    """llama.cpp's, for one vocabulary. `piece` is a special token's text."""

    def __init__(self, vocab: Any, piece: Callable[[int], bytes]) -> None:
        self._vocab, self._piece = vocab, piece

    def tokenize(self, text: str, special: bool, parse: bool) -> list[int]:
        """Raises InvalidRequest for what would take the process, or its time."""
        return self.safely(text, parse, lambda: self._tokenize(text.encode(), special, parse))

    def safely(self, text: str, parse: bool, work: Callable[[], Result]) -> Result:
        """What `work` makes, which has llama.cpp tokenize `text`."""
        if len(text) <= LONG:
            return work()
        run = max(match.end() - match.start() for match in _RUN.finditer(text))
        if run > LONGEST_RUN:
            raise InvalidRequest(
                f"a text has {run:,} characters without a space, or spaces and nothing else:"
                f" {LONGEST_RUN:,} is the most", _HINT
            )  # fmt: skip
        if parse and (count := self._count_special(text)) > MOST_SPECIAL:
            raise InvalidRequest(
                f"a text has {count:,} special tokens written out: {MOST_SPECIAL:,} is the most",
                _HINT,
            )
        return _deep(work)

    def _tokenize(self, data: bytes, special: bool, parse: bool) -> list[int]:
        size = len(data) + 8
        while True:
            tokens = (lib.llama_token * size)()
            count = lib.llama_tokenize(self._vocab, data, len(data), tokens, size, special, parse)
            if count >= 0:
                return list(tokens[:count])
            size = -count

    def _count_special(self, text: str) -> int:
        found = Counter(_LIKE_SPECIAL.findall(text))
        return sum(found[one] for one in found.keys() & self._specials)

    @cached_property
    def _specials(self) -> frozenset[str]:
        return frozenset(
            self._piece(token).decode("utf-8", "replace")
            for token in range(lib.llama_vocab_n_tokens(self._vocab))
            if lib.llama_vocab_get_attr(self._vocab, token) & _SPECIAL
        )


def _deep(work: Callable[[], Result]) -> Result:
    """Runs in a thread with a large stack, which gives its memory back at its end."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    thread = threading.Thread(target=run, name="deep", daemon=True)
    with _starting:
        before = threading.stack_size(DEEP)
        try:
            thread.start()
        finally:
            threading.stack_size(before)
    thread.join()
    return future.result()
