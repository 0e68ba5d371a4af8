"""Where a GGUF's chat template runs: it is somebody's program.

Jinja's sandbox keeps it from Python's insides and from changing what it is given. Here it is also
kept small: a template's loops can be ended by a deadline, but a single operation written in C
cannot. So no value grows beyond LARGEST characters or MOST elements, and what is made in one
rendering not beyond ALL characters.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable
from functools import partial, wraps
from typing import Any

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from azrun.inference.worker.requests import filters

LARGEST = 2**24  # characters
MOST = 250_000  # elements, those of elements included
ALL = 2**28  # characters
BITS = 2**13  # of an integer

_OF_STRINGS = (
    "capitalize casefold count endswith find format format_map index isalnum isalpha isascii"
    " isdecimal isdigit isidentifier islower isnumeric isspace istitle isupper join lower lstrip"
    " partition removeprefix removesuffix replace rfind rindex rpartition rsplit rstrip split"
    " splitlines startswith strip swapcase title upper"
)
_METHODS = frozenset(_OF_STRINGS.split())
_WIDE = re.compile(r"\d{4}|%[^a-zA-Z%]*\*|\{[^{}]*\{")  # a width of thousands, or one not seen


class TooLarge(SecurityError):
    """A value that no chat template needs."""

    def __init__(self) -> None:
        super().__init__("it makes a value that is too large")


class _Generation(Extension):
    """`{% generation %}` marks what training learns; here its body is all of it."""

    tags = {"generation"}  # noqa: RUF012 (declared so by jinja2)

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


class _Measuring(CodeGenerator):
    """Measures what templates build without calling anything."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:  # noqa: N802
        self.write("environment.concat(map(str, (")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write(")))")

    def visit_List(self, node: nodes.List, frame: Frame) -> None:  # noqa: N802
        self._measured(partial(super().visit_List, node, frame))

    def visit_Dict(self, node: nodes.Dict, frame: Frame) -> None:  # noqa: N802
        self._measured(partial(super().visit_Dict, node, frame))

    def visit_Tuple(self, node: nodes.Tuple, frame: Frame) -> None:  # noqa: N802
        if node.ctx == "load":
            self._measured(partial(super().visit_Tuple, node, frame))
        else:
            super().visit_Tuple(node, frame)

    def _measured(self, visit: Callable[[], None]) -> None:
        self.write("environment.measured(")
        visit()
        self.write(")")


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment for one model's templates; each rendering begins with `begin`."""

    code_generator_class = _Measuring
    intercepted_binops = frozenset({"+", "*", "%", "**"})

    def __init__(self) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=[_Generation, "jinja2.ext.loopcontrols"],
        )
        self.concat = self._concat  # type: ignore[method-assign]
        self._spent = threading.local()
        self.begin()
        del self.globals["lipsum"]
        kept = {name: self.filters[name] for name in filters.KEPT}
        own = {"join": self._join, "replace": self._replace, "format": self._format}
        self.filters = {
            name: self._measuring(filter) for name, filter in {**kept, **filters.OWN, **own}.items()
        }

    def begin(self) -> None:
        """Forgets what earlier renderings of this thread have made."""
        self._spent.characters = 0

    def measured(self, value: Any) -> Any:
        """The same value, unless it is too large."""
        if isinstance(value, str):
            self._spend(len(value))
        elif isinstance(value, int):
            if value.bit_length() > BITS:
                raise TooLarge
        elif isinstance(value, list | tuple | dict | set | frozenset):
            self._spend(_weight(value))
        return value

    def _spend(self, characters: int) -> None:
        self._spent.characters += characters
        if characters > LARGEST or self._spent.characters > ALL:
            raise TooLarge

    def _concat(self, parts: Iterable[str]) -> str:
        kept, size = [], 0
        for part in parts:
            size += len(part)
            if size > LARGEST:
                raise TooLarge
            kept.append(part)
        self._spend(size)
        return "".join(kept)

    def _measuring(self, filter: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(filter)
        def measuring(*args: Any, **kwargs: Any) -> Any:
            return self.measured(filter(*args, **kwargs))

        return measuring

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        return self.measured(super().call(context, obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        if operator == "%" and isinstance(left, str):
            return self._format(left, right)
        if operator == "*":
            _check_product(left, right)
        elif operator == "**":
            _check_power(left, right)
        return self.measured(super().call_binop(context, operator, left, right))

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if isinstance(obj, str):
            return attr in _METHODS
        if isinstance(obj, bytes | int | float | complex):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """On access of a string's method: a careful one in its place, where one is needed."""
        text = getattr(value, "__self__", None)
        if not isinstance(text, str):
            return None
        if value.__name__ == "replace":
            return partial(self._replace, text)
        if value.__name__ == "join":
            return lambda parts: self._join(parts, text)
        careful = super().wrap_str_format(value)
        if careful is None:
            return None

        def format(*args: Any, **kwargs: Any) -> str:
            _check_format(text, text.count("{"), (args, kwargs))
            return str(self.measured(careful(*args, **kwargs)))

        return format

    def _format(self, text: Any, *args: Any, **kwargs: Any) -> str:
        text = str(text)
        values = kwargs or (args[0] if len(args) == 1 else args)
        _check_format(text, text.count("%"), values)
        formatted: str = text % values
        self._spend(len(formatted))
        return formatted

    def _replace(self, text: Any, old: Any, new: Any, count: int | None = None) -> str:
        before, old, new = str(text), str(old), str(new)
        times = before.count(old) if count is None or count < 0 else count
        if len(before) + times * len(new) > LARGEST:
            raise TooLarge
        return before.replace(old, new, times)

    def _join(self, value: Any, d: Any = "", attribute: Any = None) -> str:
        between, parts, size = str(d), [], 0
        for part in value:
            text = str(self.getattr(part, attribute) if attribute is not None else part)
            size += len(text) + len(between)
            if size > LARGEST:
                raise TooLarge
            parts.append(text)
        return between.join(parts)


def _weight(value: Any) -> int:
    """The characters in a container, and at least one for each element."""
    weight = elements = 0
    queue = [value]
    while queue:
        one = queue.pop()
        if isinstance(one, str):
            weight += len(one)
        elif isinstance(one, dict):
            queue += [*one.keys(), *one.values()]
        elif isinstance(one, list | tuple | set | frozenset):
            queue += one
        weight += 1
        elements += 1
        if weight > LARGEST or elements > MOST or len(queue) > MOST:
            raise TooLarge
    return weight


def _check_product(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int):
        if left.bit_length() + right.bit_length() > BITS:
            raise TooLarge
        return
    for one, times in ((left, right), (right, left)):
        if isinstance(one, str | list | tuple) and isinstance(times, int):
            size, most = (len(one), LARGEST) if isinstance(one, str) else (_weight(one), MOST)
            if size * times > most:
                raise TooLarge


def _check_power(left: Any, right: Any) -> None:
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * right > BITS:
        raise TooLarge


def _check_format(text: str, fields: int, values: Any) -> None:
    weight = _weight(values) if isinstance(values, tuple | dict) else len(str(values))
    if _WIDE.search(text) or fields * weight > LARGEST:
        raise TooLarge
