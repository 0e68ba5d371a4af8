"""Choosing the next token."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import llama_cpp as lib
import numpy as np

from azrun.inference.types import GenerateRequest
from azrun.inference.worker.engine.context import Context, Floats

if TYPE_CHECKING:
    from azrun.inference.worker.requests.constraint import Constraint

# Sorting a vocabulary of 150,000 for top_p alone costs 10 to 30 ms a token; after this, 0.6 ms.
WIDE_TOP_K = 1000
GREEDY = 1e-5  # below this temperature logits divided by it are no numbers any more


class NotNumbers(Exception):
    """The model computed NaN: there is nothing to choose from."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What the model's own file says where a request says nothing (`general.sampling.*`).

    `guarded`: an answer that repeats itself without end is ended.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = WIDE_TOP_K
    min_p: float = 0.0
    repeat_penalty: float = 1.0
    guarded: bool = False

    @classmethod
    def from_metadata(cls, metadata: dict[str, str]) -> Defaults:
        def number(key: str, otherwise: float) -> float:
            try:
                return float(metadata[f"general.sampling.{key}"])
            except (KeyError, ValueError):
                return otherwise

        stand_in = metadata.get("azrun.stand_in") == "true"
        # A stand-in's answers are the same every time; else 1, as on vLLM.
        temperature = number("temp", 0.0 if stand_in else 1.0)
        top_k = int(number("top_k", WIDE_TOP_K))
        return cls(
            temperature=temperature,
            top_p=number("top_p", 1.0),
            top_k=top_k if top_k > 0 else WIDE_TOP_K,
            min_p=number("min_p", 0.0),
            repeat_penalty=number("penalty_repeat", 1.0),
            guarded=stand_in,
        )


class Sampler:
    """Chooses one answer's tokens, in vLLM's order: biases, penalties (on what was generated,
    not on the prompt), temperature, top_k, top_p, min_p. At temperature 0 the likeliest."""

    def __init__(
        self,
        request: GenerateRequest,
        defaults: Defaults,
        index: int,
        n_vocab: int,
        longest: int,
        constraint: Constraint | None = None,
    ) -> None:
        """`longest`: the most tokens there will be."""
        self._constraint = constraint
        self._bias = _bias(request, n_vocab)
        temperature = _or(request.temperature, defaults.temperature)
        repeat = _or(request.repeat_penalty, defaults.repeat_penalty)
        self._penal = bool(request.presence_penalty or request.frequency_penalty or repeat != 1)
        self._chain: Any = None
        if temperature < GREEDY and not self._penal:
            return
        self._chain = lib.llama_sampler_chain_init(lib.llama_sampler_chain_default_params())
        if self._penal:
            self._add(
                lib.llama_sampler_init_penalties(
                    n_vocab, longest, repeat, request.frequency_penalty, request.presence_penalty
                )
            )
        if temperature < GREEDY:
            self._add(lib.llama_sampler_init_greedy())
        else:
            self._add_chance(request, defaults, index, temperature)

    def _add_chance(
        self, request: GenerateRequest, defaults: Defaults, index: int, temperature: float
    ) -> None:
        top_k = _or(request.top_k, defaults.top_k)
        top_p, min_p = _or(request.top_p, defaults.top_p), _or(request.min_p, defaults.min_p)
        self._add(lib.llama_sampler_init_top_k(top_k if 0 < top_k < WIDE_TOP_K else WIDE_TOP_K))
        self._add(lib.llama_sampler_init_temp(temperature))
        if top_p < 1:
            self._add(lib.llama_sampler_init_top_p(top_p, 1))
        if min_p > 0:
            self._add(lib.llama_sampler_init_min_p(min_p, 1))
        seed = secrets.randbits(32) if request.seed is None else request.seed + index
        self._add(lib.llama_sampler_init_dist(seed & 0xFFFFFFFF))

    def _add(self, sampler: Any) -> None:
        lib.llama_sampler_chain_add(self._chain, sampler)

    def choose(self, context: Context, output: int, row: Floats) -> int:
        """The next token from row `output` of the context's logits, which is `row`; it is
        remembered. Raises NotNumbers."""
        if self._bias is not None:
            tokens, amounts = self._bias
            row[tokens] += amounts
        constraint = self._constraint
        if constraint is not None and self._penal:
            constraint.mask(row)  # penalties remember every choice, so there may be only one
        token = self._pick(context, output, row)
        if constraint is not None:
            if not constraint.allows(token):
                constraint.mask(row)
                token = self._pick(context, output, row)
            constraint.accept(token)
        return token

    def _pick(self, context: Context, output: int, row: Floats) -> int:
        if self._chain is None:
            token = int(row.argmax())  # the first NaN, where there is one
            if np.isnan(row[token]):
                raise NotNumbers
            return token
        if np.isnan(row.max()):
            raise NotNumbers
        return context.sample(self._chain, output)

    def close(self) -> None:
        if self._chain is not None:
            lib.llama_sampler_free(self._chain)
            self._chain = None


def _or(asked: Any, otherwise: Any) -> Any:
    return otherwise if asked is None else asked


def _bias(request: GenerateRequest, n_vocab: int) -> tuple[Any, Any] | None:
    known = [(token, amount) for token, amount in request.logit_bias if 0 <= token < n_vocab]
    if not known:
        return None
    tokens, amounts = zip(*known, strict=True)
    return np.array(tokens), np.array(amounts, np.float32)
