"""console: a function's log."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from typing import Any

from azion import _host
from azion.text import to_json

_SPECIFIER = re.compile(r"%[sdifoOjc%]")


class Console:
    """Writes lines to the function's log, each with its level.

    Strings are written as they are, mappings and lists as JSON, exceptions with their
    traceback, the rest by `repr`. A first string may hold %s, %d, %i, %f, %o, %O, %j and %%.
    """

    __slots__ = ()

    def debug(self, *values: object) -> None:
        """Writes at level debug."""
        _host.current().log("debug", formatted(values))

    def log(self, *values: object) -> None:
        """Writes at level log."""
        _host.current().log("log", formatted(values))

    def info(self, *values: object) -> None:
        """Writes at level info."""
        _host.current().log("info", formatted(values))

    def warn(self, *values: object) -> None:
        """Writes at level warn."""
        _host.current().log("warn", formatted(values))

    def error(self, *values: object) -> None:
        """Writes at level error."""
        _host.current().log("error", formatted(values))


console = Console()


def formatted(values: tuple[object, ...]) -> str:
    """The values as one text, as the web's consoles lay them out."""
    if len(values) > 1 and isinstance(values[0], str) and "%" in values[0]:
        rest = iter(values[1:])
        first = _SPECIFIER.sub(lambda match: _specified(match[0], rest), values[0])
        return " ".join([first, *map(shown, rest)])
    return " ".join(map(shown, values))


def _specified(specifier: str, values: Iterator[object]) -> str:
    if specifier == "%%":
        return "%"
    try:
        value: Any = next(values)
    except StopIteration:
        return specifier
    if specifier == "%c":  # styles mean nothing in a log
        return ""
    if specifier in ("%d", "%i", "%f"):
        return _number(value, specifier)
    return shown(value)


def _number(value: Any, specifier: str) -> str:
    try:
        number = float(value)
        return str(int(number)) if specifier == "%i" or number.is_integer() else str(number)
    except (TypeError, ValueError, OverflowError):
        return "NaN"


def shown(value: object) -> str:
    """One value as a log's text."""
    if isinstance(value, str):
        return value
    if isinstance(value, BaseException):
        return "".join(traceback.format_exception(value)).rstrip("\n")
    if isinstance(value, (dict, list, tuple)):
        try:
            return to_json(value)
        except (TypeError, ValueError, RecursionError):
            return repr(value)
    return repr(value)
