"""URLSearchParams: the names and values of a query (https://url.spec.whatwg.org)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar, overload
from urllib.parse import parse_qsl, quote_plus

from azion.text import well_formed

Default = TypeVar("Default")
SearchParamsInit: TypeAlias = (
    "str | URLSearchParams | Mapping[str, str] | Iterable[Sequence[str]] | None"
)


class URLSearchParams:
    """The names and values of a query string; those of a URL change it as they change.

    Iterating gives (name, value) pairs in their order; a name may come more than once.
    """

    __slots__ = ("_changed", "_pairs")

    def __init__(self, init: SearchParamsInit = None) -> None:
        self._changed: Callable[[str], None] | None = None
        self._pairs: list[tuple[str, str]] = []
        if isinstance(init, str):
            self._pairs = _parsed(init.removeprefix("?"))
        elif init is not None:
            self._fill(init)

    @classmethod
    def _of(cls, query: str, changed: Callable[[str], None]) -> URLSearchParams:
        """The params of a URL, which is told of every change."""
        self = cls(query)
        self._changed = changed
        return self

    def _fill(self, init: URLSearchParams | Mapping[str, str] | Iterable[Sequence[str]]) -> None:
        for pair in init.items() if isinstance(init, Mapping) else init:
            if isinstance(pair, str) or len(pair) != 2:
                raise TypeError(f"URLSearchParams take (name, value) pairs, not {pair!r}.")
            self._pairs.append((_text(pair[0]), _text(pair[1])))

    def _reset(self, query: str) -> None:
        self._pairs[:] = _parsed(query.removeprefix("?"))

    def _update(self) -> None:
        if self._changed is not None:
            self._changed(self.to_string())

    @property
    def size(self) -> int:
        """The number of pairs."""
        return len(self._pairs)

    def append(self, name: str, value: str) -> None:
        """Adds a pair at the end."""
        self._pairs.append((_text(name), _text(value)))
        self._update()

    def delete(self, name: str, value: str | None = None) -> None:
        """Removes the pairs of that name, or only those that also have that value."""
        self._pairs[:] = [p for p in self._pairs if not _matches(p, name, value)]
        self._update()

    @overload
    def get(self, name: str) -> str | None: ...
    @overload
    def get(self, name: str, default: Default) -> str | Default: ...
    def get(self, name: str, default: Any = None) -> Any:
        """The name's first value; `default` when it is not there."""
        return next((v for n, v in self._pairs if n == name), default)

    def get_all(self, name: str) -> list[str]:
        """All values of the name."""
        return [v for n, v in self._pairs if n == name]

    def has(self, name: str, value: str | None = None) -> bool:
        """Whether the name is there, with that value if one is given."""
        return any(_matches(p, name, value) for p in self._pairs)

    def set(self, name: str, value: str) -> None:
        """Gives the name this value alone, at the place of its first."""
        name, pair = _text(name), (_text(name), _text(value))
        places = [i for i, (n, _) in enumerate(self._pairs) if n == name]
        if places:
            self._pairs[places[0]] = pair
            for place in reversed(places[1:]):
                del self._pairs[place]
        else:
            self._pairs.append(pair)
        self._update()

    def sort(self) -> None:
        """Sorts by name (by UTF-16 code units), pairs of one name staying in order."""
        self._pairs.sort(key=lambda pair: pair[0].encode("utf-16-be"))
        self._update()

    def entries(self) -> Iterator[tuple[str, str]]:
        """(name, value) pairs."""
        return iter(self._pairs)

    def keys(self) -> Iterator[str]:
        """The names."""
        return (name for name, _ in self._pairs)

    def values(self) -> Iterator[str]:
        """The values."""
        return (value for _, value in self._pairs)

    def for_each(self, callback: Callable[[str, str, URLSearchParams], object]) -> None:
        """Calls `callback(value, name, params)` for each pair."""
        for name, value in self._pairs:
            callback(value, name, self)

    def to_string(self) -> str:
        """The pairs as application/x-www-form-urlencoded."""
        return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in self._pairs)

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __delitem__(self, name: str) -> None:
        if not self.has(name):
            raise KeyError(name)
        self.delete(name)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.has(name)

    def __len__(self) -> int:
        return len(self._pairs)

    def __repr__(self) -> str:
        return f"URLSearchParams({self.to_string()!r})"

    __iter__ = entries
    __setitem__ = set
    __str__ = to_string
    items = entries
    getAll = get_all
    forEach = for_each
    toString = to_string


def _parsed(query: str) -> list[tuple[str, str]]:
    return parse_qsl(well_formed(query), keep_blank_values=True, errors="replace")


def _encoded(text: str) -> str:
    return quote_plus(text, safe="*").replace("~", "%7E")


def _matches(pair: tuple[str, str], name: str, value: str | None) -> bool:
    return pair[0] == name and (value is None or pair[1] == value)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return well_formed(value if isinstance(value, str) else str(value))
