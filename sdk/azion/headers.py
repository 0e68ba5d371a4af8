"""Headers: names without case, values checked and combined (https://fetch.spec.whatwg.org)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, overload

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+").fullmatch
_VALUE = re.compile(r"[^\0\r\n\u0100-\U0010ffff]*").fullmatch
_WHITESPACE = "\t\n\r "

Default = TypeVar("Default")
HeadersInit: TypeAlias = "Headers | Mapping[str, str] | Iterable[Sequence[str]]"


class Headers:
    """An HTTP message's headers.

    Iterating gives (name, value) pairs, names in lower case and in order, the values of one
    name joined with ", " but each `set-cookie` on its own. The headers of an incoming request
    and of a fetched response cannot be changed: copy them with `Headers(request.headers)`.
    """

    __slots__ = ("_immutable", "_raw", "_values")

    def __init__(self, init: HeadersInit | None = None) -> None:
        self._raw: Sequence[Sequence[str]] | None = None
        self._values: dict[str, list[str]] = {}
        self._immutable = False
        if init is not None:
            self._fill(init)

    @classmethod
    def _from_host(cls, pairs: Sequence[Sequence[str]]) -> Headers:
        """Immutable headers of a message that came; looked at when first asked for."""
        self = cls.__new__(cls)
        self._raw, self._values, self._immutable = pairs, {}, True
        return self

    @classmethod
    def _of(cls, name: str, value: str) -> Headers:
        """Headers of one pair known to be valid, its name in lower case."""
        self = cls.__new__(cls)
        self._raw, self._values, self._immutable = None, {name: [value]}, False
        return self

    def _copy(self) -> Headers:
        """The same headers, as changeable as these."""
        other = Headers(self)
        other._immutable = self._immutable
        return other

    def _fill(self, init: HeadersInit) -> None:
        if isinstance(init, Headers):
            self._values = {name: list(values) for name, values in init._map().items()}
            return
        for pair in init.items() if isinstance(init, Mapping) else init:
            if isinstance(pair, str) or len(pair) != 2:
                raise TypeError(f"Headers take (name, value) pairs or a mapping, not {pair!r}.")
            self.append(pair[0], pair[1])

    def _map(self) -> dict[str, list[str]]:
        if self._raw is not None:
            values = self._values
            for name, value in self._raw:
                values.setdefault(name.lower(), []).append(value.strip(_WHITESPACE))
            self._raw = None
        return self._values

    def _writable(self) -> dict[str, list[str]]:
        if self._immutable:
            raise TypeError("These headers are immutable. Change a copy: Headers(headers).")
        return self._map()

    def append(self, name: str, value: str) -> None:
        """Adds a value beside those the name has."""
        name, value = _name(name), _value(value)
        self._writable().setdefault(name, []).append(value)

    def set(self, name: str, value: str) -> None:
        """Gives the name this value alone."""
        name, value = _name(name), _value(value)
        self._writable()[name] = [value]

    def delete(self, name: str) -> None:
        """Removes the name and its values, if it is there."""
        name = _name(name)
        self._writable().pop(name, None)

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: Default) -> str | Default: ...
    def get(self, name: str, default: Any = None) -> Any:
        """The name's values joined with ", "; `default` when it is not there."""
        values = self._map().get(_name(name))
        return default if values is None else ", ".join(values)

    def has(self, name: str) -> bool:
        """Whether the name is there."""
        return _name(name) in self._map()

    def get_set_cookie(self) -> list[str]:
        """The values of all `set-cookie` headers, each on its own."""
        return list(self._map().get("set-cookie", ()))

    def entries(self) -> Iterator[tuple[str, str]]:
        """(name, value) pairs, sorted and combined."""
        found: list[tuple[str, str]] = []
        for name, values in sorted(self._map().items()):
            if name == "set-cookie":
                found.extend((name, value) for value in values)
            else:
                found.append((name, ", ".join(values)))
        return iter(found)

    def keys(self) -> Iterator[str]:
        """The names, sorted."""
        return iter([name for name, _ in self.entries()])

    def values(self) -> Iterator[str]:
        """The values, in the order of their names."""
        return iter([value for _, value in self.entries()])

    def for_each(self, callback: Callable[[str, str, Headers], object]) -> None:
        """Calls `callback(value, name, headers)` for each pair."""
        for name, value in self.entries():
            callback(value, name, self)

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self.delete(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._map()

    def __repr__(self) -> str:
        return f"Headers({list(self)!r})"

    __iter__ = entries
    __setitem__ = set
    items = entries
    getSetCookie = get_set_cookie
    forEach = for_each


def _name(name: str) -> str:
    if not isinstance(name, str) or not _NAME(name):
        raise TypeError(f"{name!r} is not a valid header name.")
    return name.lower()


def _value(value: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise TypeError(f"A header's value is a str, not {type(value).__name__}: {value!r}.")
    value = value.strip(_WHITESPACE)
    if not _VALUE(value):
        raise TypeError(f"{value!r} is not a valid header value.")
    return value
