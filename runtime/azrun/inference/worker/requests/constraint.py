"""What an answer must look like: a grammar, asked token by token."""

from __future__ import annotations

import json
import math
from copy import copy
from fractions import Fraction
from typing import Any

import numpy as np
from llguidance import LLMatcher, LLParserLimits
from numpy.typing import NDArray

from azrun.inference import dialects
from azrun.inference.dialects.lark import Lark, Tool
from azrun.inference.errors import InvalidRequest
from azrun.inference.types import GenerateRequest
from azrun.inference.worker.requests.vocabulary import Vocabulary

MOST_CALLS = 16  # in one answer: a small model that must call would go on without end
LARGEST_DIVISOR = 20_000
# Half a second at most for a schema, and a hundred megabytes.
_LIMITS = LLParserLimits(max_grammar_size=20_000, max_lexer_states=50_000, verbose_errors=False)
_COMBINING = {"$ref", "allOf", "anyOf", "oneOf", "patternProperties"}  # they may name more
_HINT = "Make the schema smaller or simpler."


class Constraint:
    """Holds one answer to its request's JSON schema, to calls of its forced tools, or, where it
    has neither, to calls of any of its tools, if it calls one.

    Made for rejection: the engine samples as ever and asks whether `allows` the token; only
    where it does not, it lets `mask` rule out all others and samples again. `thinking` is
    whether the prompt ends inside a thought, which may then go on before the grammar begins.
    Raises InvalidRequest for a schema that llguidance refuses or finds too large, at the start
    or, where it shows only later, in any call.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        request: GenerateRequest,
        dialect: str,
        thinking: bool = False,
    ) -> None:
        self._vocabulary = vocabulary
        forced = request.forced_tools or request.json_schema is None
        self._field = "tools" if forced else "response_format"
        grammar = LLMatcher.grammar_from_lark(
            _grammar(request, dialects.named(dialect), Lark(vocabulary.special), thinking)
        )
        self._matcher = LLMatcher(vocabulary.tokenizer, grammar, log_level=0, limits=_LIMITS)
        self._check()
        self._bits: NDArray[np.int32] = np.zeros((vocabulary.size + 31) // 32, np.int32)
        self._allowed()
        if self.done:
            raise InvalidRequest(f"{self._field}: the schema matches nothing", _HINT)

    def copy(self) -> Constraint:
        """Another one at the same place, in microseconds: for a request of several answers."""
        other = copy(self)
        other._matcher = self._matcher.deep_copy()
        other._bits = self._bits.copy()
        return other

    @property
    def done(self) -> bool:
        """Whether nothing but the end may follow."""
        return bool(self._matcher.is_stopped())

    def allows(self, token: int) -> bool:
        """Whether this token may come next."""
        if token in self._vocabulary.eog:
            return self.may_end()
        return bool(self._matcher.validate_tokens([token]))

    def mask(self, logits: NDArray[np.float32]) -> None:
        """Sets the logit of every token that may not come next to minus infinity, in place."""
        forbidden = np.unpackbits((~self._allowed()).view(np.uint8), bitorder="little")
        np.copyto(logits, -np.inf, where=forbidden[: len(logits)].view(np.bool_))

    def accept(self, token: int) -> None:
        """The token comes next."""
        if token not in self._vocabulary.eog:
            self._matcher.consume_token(token)
            self._check()

    def may_end(self) -> bool:
        """Whether an answer that ends here is whole."""
        return bool(self._matcher.is_accepting() or self._matcher.is_stopped())

    def _allowed(self) -> NDArray[np.int32]:
        """One bit for each token; the end, where nothing else would be left."""
        bits = self._bits
        if self.done:
            bits[:] = 0
        else:
            self._matcher.unsafe_compute_mask_ptr(bits.ctypes.data, bits.nbytes)
            self._check()
        ends = self.may_end()
        for token in self._vocabulary.eog:
            bit = np.int32(1 << token % 32) if token % 32 < 31 else np.int32(-(2**31))
            bits[token // 32] = bits[token // 32] | bit if ends else bits[token // 32] & ~bit
        if not bits.any():
            raise InvalidRequest(f"{self._field}: the model has no token that may follow", _HINT)
        return bits

    def _check(self) -> None:
        if self._matcher.is_error():
            raise InvalidRequest(f"{self._field}: {_reason(self._matcher.get_error())}", _HINT)


def _reason(error: str) -> str:
    """llguidance's message without the grammar that it quotes."""
    line = error.strip().splitlines()[0] if error.strip() else "the schema is too complex"
    return line.partition("failed to compile JSON schema: ")[2] or line


def _grammar(
    request: GenerateRequest, dialect: dialects.Dialect, lark: Lark, thinking: bool
) -> str:
    if request.forced_tools:
        body = _calls(request, dialect, lark, request.forced_tools)
    else:
        schema = request.json_schema
        said = lark.any() if schema is None else lark.json(_schema(schema or "{}"))
        body = dialect.text(lark, said)
        if request.tools and dialect.calls_tools:
            body = lark.choice([body, _calls(request, dialect, lark, None)])
    return lark.grammar(f"{dialect.before(lark, thinking)} {body}")


def _calls(
    request: GenerateRequest, dialect: dialects.Dialect, lark: Lark, names: tuple[str, ...] | None
) -> str:
    """Calls of the tools of these names, or of any."""
    functions = [tool.get("function") or {} for tool in request.tools]
    tools = [
        Tool(function["name"], _parameters(function.get("parameters")))
        for function in functions
        if names is None or function.get("name") in names
    ]
    return dialect.calls(lark, tools, MOST_CALLS if request.parallel_tool_calls else 1)


def _schema(text: str) -> dict[str, Any]:
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"response_format: the schema is no JSON: {error}", _HINT) from error
    if not isinstance(schema, dict):
        raise InvalidRequest("response_format: the schema must be a JSON object", _HINT)
    _check_divisors("response_format", schema)
    return schema


def _check_divisors(field: str, schema: Any) -> None:
    """What llguidance has no limit for: an automaton of as many states as the divisor."""
    together, queue = 1, [schema]
    while queue:
        one = queue.pop()
        queue += one.values() if isinstance(one, dict) else one if isinstance(one, list) else ()
        if isinstance(one, dict) and isinstance(divisor := one.get("multipleOf"), int | float):
            together = math.lcm(together, _whole(divisor))
        if together > LARGEST_DIVISOR:
            raise InvalidRequest(
                f"{field}: multipleOf is too large: {LARGEST_DIVISOR:,} is the most for all in a"
                " schema together.", _HINT
            )  # fmt: skip


def _whole(number: float) -> int:
    return abs(Fraction(str(number)).numerator) if math.isfinite(number) else 1


def _parameters(schema: dict[str, Any] | None) -> dict[str, Any]:
    """Arguments are an object, by itself of what is named and nothing else."""
    schema = schema or {}
    _check_divisors("tools", schema)
    closed = {} if _COMBINING & schema.keys() else {"additionalProperties": False}
    return {"type": "object", **closed, **schema}
