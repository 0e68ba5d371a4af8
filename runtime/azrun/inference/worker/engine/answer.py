"""A request under way, and each of its answers as it grows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from azrun.inference.protocol import Likely, Logprobs, Piece
from azrun.inference.types import GenerateRequest
from azrun.inference.worker.engine.context import Floats
from azrun.inference.worker.engine.prompt import Prompt
from azrun.inference.worker.engine.repetition import Repetition
from azrun.inference.worker.engine.sampler import Defaults, Sampler
from azrun.inference.worker.engine.text import Text
from azrun.inference.worker.model import Model

if TYPE_CHECKING:
    from azrun.inference.worker.requests.constraint import Constraint


class Work:
    """One request with its prompts: what all of its answers share.

    More than one: an answer reads them one after the other, each alone, and what it writes to
    each follows `said`, the text before that prompt's; the last of `said` ends it.
    `shows_special`: tokens that are no text are written out, for a reader of tool calls.
    `constraints` are one for each answer, or none at all.
    `left` of its answers are not over, `made` tokens are in all of them. A smaller id came first.
    """

    def __init__(
        self,
        id: int,
        request: GenerateRequest,
        prompts: Sequence[Prompt],
        cancelled: Callable[[int], bool],
        said: Sequence[str] = ("", ""),
        constraints: Sequence[Constraint] = (),
        shows_special: bool = False,
    ) -> None:
        self.id, self.request, self.prompts, self.said = id, request, prompts, said
        self.constraints, self.shows_special = constraints, shows_special
        self._cancelled = cancelled
        self.left = self.made = 0
        self.begun = self.failed = False

    @property
    def dropped(self) -> bool:
        """Nobody waits for it any more."""
        return self.failed or self._cancelled(self.id)

    def close(self) -> None:
        for prompt in self.prompts:
            prompt.close()


class Answer:
    """One of a request's answers: its ids so far, of which the last is not decoded yet.

    `turned`: it has just gone on to its next prompt, and nothing of that is read.
    """

    def __init__(self, work: Work, index: int, model: Model, defaults: Defaults, room: int) -> None:
        """`room`: the most ids that prompt and answer may have."""
        work.left += 1
        self.work, self.index = work, index
        self._model, self.turned = model, False
        self._room, self._guarded = room, defaults.guarded
        request = work.request
        most = sum(room - len(prompt) for prompt in work.prompts)
        self._budget = min(most, request.max_tokens or most)
        self._begin(0)
        self.constraint = work.constraints[index] if work.constraints else None
        self.sampler = Sampler(
            request, defaults, index, model.n_vocab, self._budget, self.constraint
        )
        self._text = Text(request.stop)

    def _begin(self, part: int) -> None:
        self._part, self.prompt = part, self.work.prompts[part]
        prompt, self._lead = self.prompt, self.work.said[part].encode()
        self.ids = np.empty(len(prompt) + min(self._budget, self._room - len(prompt)), np.int32)
        self.positions = np.empty(len(self.ids), np.int32)
        self.length = self.prompt_length = len(prompt)
        self.ids[: self.length] = prompt.ids
        self.positions[: self.length] = prompt.positions
        self._after = prompt.after
        self._repetition = Repetition() if self._guarded else None

    @property
    def room(self) -> int:
        """Guesses that there is room for behind its ids."""
        return len(self.ids) - self.length

    def take(self, token: int, row: Floats | None) -> Piece | None:
        """A token that was chosen, with the logits it was chosen from where their probabilities
        are wanted; what there is to show. A Piece with a finish reason is the last."""
        work = self.work
        work.made += 1
        self._budget -= 1
        likely = None if row is None else [_likely(self._model, row, token, work.request.logprobs)]
        self.turned = False
        lead, self._lead = self._lead, b""
        if self._model.ends(token):
            return self._over(self._text.feed(lead), likely)
        shown = self._text.feed(lead + self._model.bytes_of(token, work.shows_special))
        if self._text.stopped is not None:
            return self._piece(shown, "stop", likely)
        if self.constraint is not None and self.constraint.done:
            return self._piece(shown + self._text.finish(), "stop", likely)
        endless = self._repetition is not None and self._repetition.endless(token)
        if endless and (self.constraint is None or self.constraint.may_end()):
            return self._over(shown, likely)
        if endless or self._budget == 0:
            rest = self._text.finish()
            reason = "length" if self._text.stopped is None else "stop"
            return self._piece(shown + rest, reason, likely)
        if self.room == 0 and self._part + 1 < len(work.prompts):
            return self._turn(shown, likely)
        self.ids[self.length] = token
        self.positions[self.length] = self._after
        self.length += 1
        self._after += 1
        return self._piece(shown, None, likely) if shown or likely else None

    def _over(self, shown: str, likely: list[Logprobs] | None) -> Piece | None:
        """What is written to one prompt ends."""
        if self._text.stopped is None and self._part + 1 < len(self.work.prompts):
            return self._turn(shown, likely)
        shown += self._text.feed(self.work.said[-1].encode())
        return self._piece(shown + self._text.finish(), "stop", likely)

    def _turn(self, shown: str, likely: list[Logprobs] | None) -> Piece | None:
        if self._budget == 0:
            return self._piece(shown + self._text.finish(), "length", likely)
        self._begin(self._part + 1)
        self.turned = True
        return self._piece(shown, None, likely) if shown or likely else None

    def _piece(self, text: str, finish: str | None, likely: list[Logprobs] | None) -> Piece:
        stop = self._text.stopped if finish else None
        return Piece(self.work.id, self.index, text, self.work.made, finish, stop, likely)

    def close(self) -> None:
        self.sampler.close()


def _likely(model: Model, row: Floats, token: int, count: int | None) -> Logprobs:
    """A token's log-probability and the likeliest ones' (log-softmax of the raw logits)."""
    top = float(row.max())
    total = top + float(np.log(np.exp(row - top).sum(dtype=np.float64)))

    def likely(one: int) -> Likely:
        return Likely(model.bytes_of(one, True).decode("latin-1"), float(row[one]) - total)

    if not count:
        return Logprobs(likely(token), [])
    best = np.argpartition(row, -count)[-count:]
    best = best[np.argsort(row[best])[::-1]]
    return Logprobs(likely(token), [likely(int(one)) for one in best])
