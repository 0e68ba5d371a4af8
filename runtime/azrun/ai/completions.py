"""OpenAI's legacy text completions: prompts without a chat template, and vLLM's bodies for them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from azrun.ai.answers import Answer
from azrun.ai.messages import sampling
from azrun.ai.requests import CompletionRequest
from azrun.ai.responses import logprob_value, new_id, usage_body
from azrun.inference.catalogue import CatalogueModel
from azrun.inference.types import Chunk, GenerateRequest, Logprob, TokenLogprob, Usage


def generate_requests(
    request: CompletionRequest, spec: CatalogueModel | None
) -> list[GenerateRequest]:
    """One for each prompt."""
    return [
        GenerateRequest(
            prompt=prompt,
            max_tokens=request.max_tokens,
            logprobs=request.logprobs,
            window=spec.context if spec else None,
            **sampling(request),
        )
        for prompt in request.prompts
    ]


class TextResponse:
    """What all bodies of one call share."""

    def __init__(self, model: str) -> None:
        self.model, self.id = model, new_id("cmpl")
        self.created = int(time.time())
        self._written: defaultdict[int, int] = defaultdict(int)

    def whole(self, answers: Sequence[Answer], usage: Usage) -> dict[str, Any]:
        choices = [
            {
                "index": answer.index,
                "text": "".join(answer.texts),
                "logprobs": self._logprobs(answer.index, answer.logprobs),
                "finish_reason": answer.finish_reason,
                "stop_reason": answer.stop_reason,
            }
            for answer in answers
        ]
        return self._body(choices) | {"usage": usage_body(usage)}

    def opening(self, index: int) -> None:
        """Answers of this kind need none."""

    def piece(self, chunk: Chunk) -> dict[str, Any]:
        choice = {
            "index": chunk.index,
            "text": chunk.text,
            "logprobs": self._logprobs(chunk.index, chunk.logprobs),
            "finish_reason": chunk.finish_reason,
            "stop_reason": chunk.stop_reason,
        }
        return self._body([choice])

    def usage(self, usage: Usage) -> dict[str, Any]:
        return self._body([]) | {"usage": usage_body(usage)}

    def _body(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "text_completion",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        }

    def _logprobs(self, index: int, tokens: Sequence[TokenLogprob]) -> dict[str, Any] | None:
        """Columns; `text_offset` counts characters from the answer's beginning."""
        if not tokens:
            return None
        texts, offsets = [_text(token.chosen) for token in tokens], []
        for text in texts:
            offsets.append(self._written[index])
            self._written[index] += len(text)
        return {
            "tokens": texts,
            "token_logprobs": [logprob_value(token.chosen) for token in tokens],
            "top_logprobs": [
                {_text(one): logprob_value(one) for one in token.top} for token in tokens
            ],
            "text_offset": offsets,
        }


def _text(one: Logprob) -> str:
    return one.token.decode(errors="replace")
