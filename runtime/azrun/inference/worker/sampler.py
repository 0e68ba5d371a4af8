"""Choosing the next token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import llama_cpp as lib

from azrun.inference.types import GenerateRequest

# Sorting a vocabulary of 150,000 for top_p alone costs 10 to 30 ms a token; after this, 0.6 ms.
WIDE_TOP_K = 1000


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the model's own file says where a request says nothing (`general.sampling.*`)."""

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = WIDE_TOP_K

    @classmethod
    def from_metadata(cls, metadata: dict[str, str]) -> Defaults:
        def number(key: str, otherwise: float) -> float:
            try:
                return float(metadata[f"general.sampling.{key}"])
            except (KeyError, ValueError):
                return otherwise

        # A stand-in's answers are the same every time; else 1, as on vLLM.
        temperature = number("temp", 0.0 if metadata.get("azrun.stand_in") == "true" else 1.0)
        top_k = int(number("top_k", WIDE_TOP_K))
        return cls(temperature, number("top_p", 1.0), top_k if top_k > 0 else WIDE_TOP_K)


class Sampler:
    """A llama.cpp sampler chain for one answer, in vLLM's order: penalties (on what was
    generated, not on the prompt), temperature, top_k, top_p."""

    def __init__(
        self, request: GenerateRequest, defaults: Defaults, index: int, n_vocab: int, n_ctx: int
    ) -> None:
        self._chain: Any = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        if request.presence_penalty or request.frequency_penalty:
            self._add(
                lib.llama_sampler_init_penalties(
                    n_vocab, n_ctx, 1.0, request.frequency_penalty, request.presence_penalty
                )
            )
        temperature = defaults.temperature if request.temperature is None else request.temperature
        if temperature <= 0:
            self._add(lib.llama_sampler_init_greedy())
            return
        top_p = defaults.top_p if request.top_p is None else request.top_p
        self._add(lib.llama_sampler_init_top_k(defaults.top_k))
        self._add(lib.llama_sampler_init_temp(temperature))
        if top_p < 1:
            self._add(lib.llama_sampler_init_top_p(top_p, 1))
        seed = secrets.randbits(32) if request.seed is None else request.seed + index
        self._add(lib.llama_sampler_init_dist(seed & 0xFFFFFFFF))

    def _add(self, sampler: Any) -> None:
        lib.llama_sampler_chain_add(self._chain, sampler)

    def sample(self, context: Any, row: int) -> int:
        """The next token from the logits of the batch's row `row`; it is remembered."""
        return int(lib.llama_sampler_sample(self._chain, context, row))

    def close(self) -> None:
        if self._chain is not None:
            lib.llama_sampler_free(self._chain)
            self._chain = None
