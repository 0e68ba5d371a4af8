"""From embedding and reranking requests to texts as tokens."""

from __future__ import annotations

import llama_cpp as lib

from azrun.inference.errors import InvalidRequest
from azrun.inference.types import Doubt, EmbedRequest, RerankRequest
from azrun.inference.worker.model import Model
from azrun.inference.worker.requests import doubts

Readable = tuple[list[list[int]], tuple[Doubt, ...]]
"""Texts as tokens, and a stand-in's doubts of itself."""


class Texts:
    """Tokenises for a model that makes vectors or scores. `window`: the longest text, in tokens;
    of a longer one a stand-in reads so much."""

    def __init__(self, model: Model, window: int) -> None:
        self._model, self._window = model, window
        self._template = model.template(b"rerank")
        self._before, self._between, self._after = _around(model)

    def embed(self, request: EmbedRequest) -> Readable:
        """Raises InvalidRequest, with the input's place."""
        texts = []
        for index, given in enumerate(request.inputs):
            name = f"input[{index}]"
            tokens = (
                self._model.tokenize(given, special=True, parse=False)
                if isinstance(given, str)
                else self._known(given, name)
            )
            self._check(tokens, name, request.window, "Cut the text into shorter ones.")
            texts.append(tokens)
        return self._readable(texts)

    def rerank(self, request: RerankRequest) -> Readable:
        """The query beside each document, as the model was trained on."""
        query = self._model.tokenize(request.query, parse=False)
        most = request.max_tokens_per_document
        pairs = []
        for index, document in enumerate(request.documents):
            pair = self._pair(request.query, query, document, most)
            hint = "Set max_tokens_per_doc, or cut the document."
            self._check(pair, f"documents[{index}]", request.window, hint)
            pairs.append(pair)
        return self._readable(pairs)

    def _readable(self, texts: list[list[int]]) -> Readable:
        if not self._model.stand_in:
            return texts, ()
        read = [doubts.without_end(tokens, self._window) for tokens in texts]
        return read, doubts.of_texts(self._model, texts, self._window)

    def _pair(self, text: str, query: list[int], document: str, most: int | None) -> list[int]:
        tokens = self._model.tokenize(document, parse=False)[:most]
        if self._template is None:
            return [*self._before, *query, *self._between, *tokens, *self._after]
        before, _, after = self._template.partition("{document}")
        return [
            *self._model.tokenize(before.replace("{query}", text)),
            *tokens,
            *self._model.tokenize(after),
        ]

    def _known(self, tokens: tuple[int, ...], name: str) -> list[int]:
        for token in tokens:
            if not 0 <= token < self._model.n_vocab:
                raise InvalidRequest(
                    f"{name}: {token} is no token: there are {self._model.n_vocab}"
                )
        return list(tokens)

    def _check(self, tokens: list[int], name: str, window: int | None, hint: str) -> None:
        most = self._window if window is None else window
        if not self._model.stand_in:
            most = min(self._window, most)
        if not tokens:
            raise InvalidRequest(f"{name}: has no tokens")
        if len(tokens) > most:
            raise InvalidRequest(f"{name}: has {len(tokens)} tokens, and {most} is the most", hint)


def _around(model: Model) -> tuple[list[int], list[int], list[int]]:
    """What stands before the query, between it and the document, and after that."""
    vocab = model.vocab
    bos, eos, sep = (
        lib.llama_vocab_bos(vocab), lib.llama_vocab_eos(vocab), lib.llama_vocab_sep(vocab),
    )  # fmt: skip
    start = [bos] if lib.llama_vocab_get_add_bos(vocab) else []
    separator = [sep] if lib.llama_vocab_get_add_sep(vocab) else []
    if lib.llama_vocab_get_add_eos(vocab):
        end = [eos if eos >= 0 else sep]
        return start, [*end, *separator], end
    return start, separator, separator
