"""One request's answers: the decode loop."""

from __future__ import annotations

from collections.abc import Iterator

from azrun.inference.protocol import Piece
from azrun.inference.types import GenerateRequest
from azrun.inference.worker.decoder import Decoder
from azrun.inference.worker.model import Model
from azrun.inference.worker.prompt import Prompt, Tokens
from azrun.inference.worker.sampler import Defaults, Sampler
from azrun.inference.worker.text import Text


class Generation:
    """Reads the prompt once, then makes `request.n` answers one after the other."""

    def __init__(
        self, id: int, model: Model, decoder: Decoder, request: GenerateRequest, prompt: Prompt
    ) -> None:
        self._id, self._model, self._decoder = id, model, decoder
        self._request, self._prompt = request, prompt
        self._defaults = Defaults.from_metadata(model.metadata)
        left = model.n_ctx - prompt.n_tokens
        self._budget = min(left, request.max_tokens or left)
        self._made = 0

    def run(self) -> Iterator[Piece]:
        """The pieces as they are made; raises Cancelled after the step that saw it."""
        self._decoder.read(self._prompt)
        position, used = self._decoder.position, self._decoder.used
        for index in range(self._request.n):
            if index:
                self._reread(position, used)
            sampler = Sampler(
                self._request, self._defaults, index, self._model.n_vocab, self._model.n_ctx
            )
            try:
                yield from self._answer(index, sampler)
            finally:
                sampler.close()

    def _reread(self, position: int, used: int) -> None:
        """Back to the prompt's end, with its last token's logits."""
        last = self._prompt.segments[-1]
        if isinstance(last, Tokens) and last.ids and self._decoder.rewind(position - 1, used - 1):
            self._decoder.feed(last.ids[-1:])
        else:
            self._decoder.read(self._prompt)

    def _answer(self, index: int, sampler: Sampler) -> Iterator[Piece]:
        text = Text(self._request.stop)
        for left in range(self._budget - 1, -1, -1):
            token = sampler.sample(self._model.context, -1)
            self._made += 1
            if self._model.ends(token):
                yield self._piece(index, text.finish(), "stop", text.stopped)
                return
            # Some models mark a tool call with special tokens, which are no text otherwise.
            shown = text.feed(self._model.bytes_of(token, special=bool(self._request.tools)))
            if text.stopped is not None:
                yield self._piece(index, shown, "stop", text.stopped)
                return
            if left == 0:
                shown += text.finish()
                reason = "length" if text.stopped is None else "stop"
                yield self._piece(index, shown, reason, text.stopped)
                return
            if shown:
                yield self._piece(index, shown)
            self._decoder.feed([token])

    def _piece(
        self, index: int, text: str, finish: str | None = None, stop: str | None = None
    ) -> Piece:
        return Piece(self._id, index, text, self._made, finish, stop)
