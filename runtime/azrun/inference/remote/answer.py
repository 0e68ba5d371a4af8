"""A streamed answer: the server's events to our chunks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

from azrun.inference.errors import InferenceError
from azrun.inference.remote.endpoint import Endpoint, parse
from azrun.inference.remote.refusal import of_event
from azrun.inference.remote.shapes import CallPiece, Choice, Event, Logprobs, Token, Tokens
from azrun.inference.types import (
    Chunk,
    GenerateRequest,
    Logprob,
    TokenLogprob,
    ToolCallDelta,
    Usage,
)

MOST_CALLS = 128
LARGEST_STREAM = 256 * 2**20  # bytes: an endless answer ends here
REASONS = {"length": "length", "tool_calls": "tool_calls", "function_call": "tool_calls"}


@dataclass(slots=True)
class _Choice:
    """One answer so far. `calls`: the server's index and id of each of its tool calls."""

    calls: list[tuple[int, str | None]] = field(default_factory=list)
    finish: str | None = None
    stop_reason: str | None = None


class Answer:
    """Reads one stream. Ends are held back until the usage is known, which comes last."""

    def __init__(self, endpoint: Endpoint, url: str, request: GenerateRequest) -> None:
        self._endpoint, self._url, self._request = endpoint, url, request
        self._choices: dict[int, _Choice] = {}
        self._pieces = self._bytes = 0
        self._usage: Tokens | None = None

    @property
    def usage(self) -> Usage:
        """The server's count; before it tells, the pieces so far."""
        if self._usage is None:
            return Usage(0, self._pieces)
        details = self._usage.prompt_tokens_details
        cached = details.cached_tokens if details else 0
        return Usage(self._usage.prompt_tokens, self._usage.completion_tokens, cached)

    def read(self, data: bytes) -> Iterator[Chunk]:
        """The chunks of one event."""
        self._bytes += len(data)
        if self._bytes > LARGEST_STREAM:
            raise InferenceError(f"the answer of {self._url} is over {LARGEST_STREAM} bytes")
        event: Event = parse(self._url, data, Event.model_validate_json)
        if event.error:
            raise of_event(self._endpoint, json.loads(data))
        self._usage = event.usage or self._usage
        for choice in event.choices:
            if choice.index >= self._request.n:
                raise InferenceError(f"{self._url} sent answer {choice.index} of {self._request.n}")
            chunk = self._chunk(choice)
            if chunk is not None:
                yield chunk

    def ends(self) -> Iterator[Chunk]:
        """The last chunk of each answer."""
        unfinished = [index for index, one in self._choices.items() if one.finish is None]
        if unfinished or not self._choices:
            raise InferenceError(
                f"the answer of {self._url} ended before it was complete", "Try again."
            )
        for index, one in sorted(self._choices.items()):
            finish = "tool_calls" if one.calls and one.finish == "stop" else one.finish
            yield Chunk(index, "", self.usage, finish, one.stop_reason)

    def _chunk(self, choice: Choice) -> Chunk | None:
        one = self._choices.setdefault(choice.index, _Choice())
        if choice.finish_reason is not None:
            one.finish = REASONS.get(choice.finish_reason, "stop")
            reason = choice.stop_reason
            one.stop_reason = reason if isinstance(reason, str) else None
        delta = choice.delta
        text = (delta.content if delta else choice.text) or ""
        thought = (delta.reasoning_content or delta.reasoning or "") if delta else ""
        calls = tuple(self._calls(one, delta.tool_calls)) if delta else ()
        logprobs = tuple(_logprobs(choice.logprobs)) if choice.logprobs else ()
        if not (text or thought or calls or logprobs):
            return None
        self._pieces += 1
        return Chunk(choice.index, text, self.usage, None, None, thought, calls, logprobs)

    def _calls(self, one: _Choice, pieces: list[CallPiece]) -> Iterator[ToolCallDelta]:
        for piece in pieces:
            number = _place(one, piece)
            name = (piece.function.name if piece.function else None) or ""
            arguments = (piece.function.arguments if piece.function else None) or ""
            if number == len(one.calls):
                if not name or number >= MOST_CALLS:
                    raise InferenceError(f"{self._url} sent tool calls that cannot be read")
                one.calls.append((_index(piece, number), piece.id))
                yield ToolCallDelta(number, name)
            if arguments:
                yield ToolCallDelta(number, arguments=arguments)


def _place(one: _Choice, piece: CallPiece) -> int:
    """Which call a piece belongs to; the number of calls for a new one. Some servers give all
    calls of an answer the same index, but then their ids differ."""
    for number in reversed(range(len(one.calls))):
        index, id = one.calls[number]
        if index == _index(piece, number):
            return len(one.calls) if piece.id and id and piece.id != id else number
    return len(one.calls)


def _index(piece: CallPiece, otherwise: int) -> int:
    return otherwise if piece.index is None else piece.index


def _logprobs(given: Logprobs) -> Iterator[TokenLogprob]:
    for token in given.content or ():
        yield TokenLogprob(_logprob(token), tuple(map(_logprob, token.top_logprobs)))
    if given.content is None and given.tokens and given.token_logprobs:
        tops = given.top_logprobs or [None] * len(given.tokens)
        for text, value, top in zip(given.tokens, given.token_logprobs, tops, strict=False):
            best = sorted((top or {}).items(), key=lambda item: -item[1])
            yield TokenLogprob(
                Logprob(text.encode("utf-8", "replace"), value or 0.0),
                tuple(Logprob(t.encode("utf-8", "replace"), v) for t, v in best),
            )


def _logprob(token: Token) -> Logprob:
    data = bytes(token.bytes) if token.bytes is not None else token.token.encode("utf-8", "replace")
    return Logprob(data, token.logprob)
