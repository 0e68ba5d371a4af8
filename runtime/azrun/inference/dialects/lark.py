"""Pieces of a grammar in llguidance's Lark."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

# The spacing that models were trained on; none of it can be repeated without end.
_JSON = {
    "whitespace_flexible": False,
    "item_separator": ", ",
    "key_separator": ": ",
    "coerce_one_of": True,
}
_ANY = r"ANY: /(.|\n)*/"
# Any tokens may spell what is certain to come, not only a tokenizer's.
_OPTIONS = '%llguidance {"no_forcing": true}'


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool that may be called; `parameters` is the JSON schema of its arguments."""

    name: str
    parameters: dict[str, Any]


class Lark:
    """Writes expressions; `token` says which token, if one, is a special one of this text."""

    def __init__(self, token: Callable[[str], int | None]) -> None:
        self._token = token
        self.rules: list[str] = []
        self._through: dict[str, str] = {}

    def marker(self, text: str) -> str:
        token = self._token(text)
        return self.text(text) if token is None else f"<[{token}]>"

    def text(self, text: str) -> str:
        return json.dumps(text)

    def json(self, schema: dict[str, Any]) -> str:
        return "%json " + json.dumps({**schema, "x-guidance": _JSON})

    def choice(self, options: Iterable[str]) -> str:
        return "(" + " | ".join(options) + ")"

    def repeat(self, one: str, between: str, most: int) -> str:
        return one if most == 1 else f"{one} ({between} {one}){{0,{most - 1}}}"

    def any(self) -> str:
        """Any text, of no special token."""
        if _ANY not in self.rules:
            self.rules.append(_ANY)
        return "ANY"

    def through(self, closing: str) -> str:
        """Any text that ends with the marker."""
        token = self._token(closing)
        if token is not None:
            return f"{self.any()} <[{token}]>"
        if closing not in self._through:
            name = self._through[closing] = f"through_{len(self._through)}"
            pattern = re.escape(closing).replace("/", r"\/").replace("\\\n", r"\n")
            self.rules.append(rf"{name}[lazy]: /(.|\n)*{pattern}/")
        return self._through[closing]

    def grammar(self, start: str) -> str:
        return "\n".join([_OPTIONS, f"start: {start}", *self.rules])
