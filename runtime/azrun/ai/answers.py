"""The answers of one request as they grow, for who waits until they are whole."""

from __future__ import annotations

from dataclasses import dataclass, field

from azrun.inference.types import Chunk, TokenLogprob


@dataclass(slots=True)
class Answer:
    """Answer number `index`."""

    index: int
    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    logprobs: list[TokenLogprob] = field(default_factory=list)
    finish_reason: str | None = None
    stop_reason: str | None = None
    _calls: dict[int, list[str]] = field(default_factory=dict)

    def add(self, chunk: Chunk) -> None:
        self.texts.append(chunk.text)
        self.thoughts.append(chunk.reasoning)
        self.logprobs.extend(chunk.logprobs)
        for call in chunk.tool_calls:
            self._calls.setdefault(call.index, [call.name]).append(call.arguments)
        if chunk.finish_reason is not None:
            self.finish_reason, self.stop_reason = chunk.finish_reason, chunk.stop_reason

    @property
    def calls(self) -> list[tuple[str, str]]:
        """Each call's name and arguments."""
        return [(pieces[0], "".join(pieces[1:])) for _, pieces in sorted(self._calls.items())]


class Answers(dict[int, Answer]):
    """By their number; their chunks come mixed."""

    def add(self, chunk: Chunk) -> None:
        if chunk.index not in self:
            self[chunk.index] = Answer(chunk.index)
        self[chunk.index].add(chunk)

    def in_order(self) -> list[Answer]:
        return [self[index] for index in sorted(self)]
