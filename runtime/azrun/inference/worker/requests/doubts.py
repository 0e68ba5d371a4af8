"""What a stand-in makes of a request that is too much for it: less, and a doubt."""

from __future__ import annotations

from collections.abc import Sequence

import llama_cpp as lib

from azrun.inference.types import Doubt, Message, Reason
from azrun.inference.worker.model import Model

ANSWER = 256  # tokens: what is kept free for an answer, or a quarter of the context
LEARNED = 1_024  # tokens: no stand-in was trained on longer conversations, or copes with them
INSTRUCTS = ("system", "developer")
FEWEST, SHARE = 6, 0.1  # unknown tokens: so many, and of all so much


def without_middle(tokens: list[int], window: int, max_tokens: int | None) -> list[int]:
    """A prompt that leaves room for an answer: its beginning, where the instructions and the
    tools are, and its end, where the newest question is."""
    most = min(LEARNED, window - min(max_tokens or ANSWER, window // 4))
    if len(tokens) <= most:
        return tokens
    return [*tokens[: most // 2], *tokens[most // 2 - most :]]


def newest(messages: Sequence[Message]) -> tuple[Message, ...]:
    """The instructions, and the newest question with what came of it so far."""
    asked = [at for at, message in enumerate(messages) if message.role == "user"]
    start = asked[-1] if asked else 0
    return tuple(one for at, one in enumerate(messages) if at >= start or one.role in INSTRUCTS)


def without_end(tokens: list[int], window: int) -> list[int]:
    """As many tokens as fit, and the last one: the model wants it there."""
    return tokens if len(tokens) <= window else [*tokens[: window - 1], tokens[-1]]


def of_prompt(model: Model, given: list[int], read: list[int]) -> tuple[Doubt, ...]:
    cut = (Doubt(Reason.CUT_PROMPT, len(given), len(read)),) if len(read) < len(given) else ()
    return *cut, *of_characters(model, given)


def of_texts(model: Model, given: Sequence[list[int]], window: int) -> tuple[Doubt, ...]:
    longest = max(map(len, given), default=0)
    cut = (Doubt(Reason.CUT_TEXT, longest, window),) if longest > window else ()
    strange = (doubt for tokens in given for doubt in of_characters(model, tokens))
    return *cut, *dict.fromkeys(strange)


def of_characters(model: Model, tokens: Sequence[int]) -> tuple[Doubt, ...]:
    """Where much of a text is none of the vocabulary's: single bytes of characters, or marks in
    the place of words."""
    looked_at = tokens[-LEARNED:]
    unknown = sum(_unknown(model, token) for token in looked_at)
    much = max(1, min(FEWEST, len(looked_at) // 4))
    if unknown < much or unknown < SHARE * len(looked_at):
        return ()
    return (Doubt(Reason.UNKNOWN_CHARACTERS),)


def _unknown(model: Model, token: int) -> bool:
    if token < 0:
        return False
    if lib.llama_vocab_get_attr(model.vocab, token) & lib.LLAMA_TOKEN_ATTR_UNKNOWN:
        return True
    try:
        model.bytes_of(token).decode()
    except UnicodeDecodeError:
        return True
    return False
