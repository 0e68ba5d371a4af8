"""Strings as the web platform passes them: well-formed Unicode, written as UTF-8."""

from __future__ import annotations

import json
from typing import Any

_encoder = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def well_formed(text: str) -> str:
    """The text with surrogate pairs joined and lone surrogates replaced (a USVString)."""
    if text.isascii():
        return text
    try:
        text.encode()
        return text
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def decode(data: bytes) -> str:
    """UTF-8 decode: a byte order mark is dropped, what is invalid is replaced."""
    return data.decode("utf-8", "replace").removeprefix("\ufeff")


def to_json(value: Any) -> str:
    """JSON as `JSON.stringify` writes it: compact, not escaped to ASCII; NaN is a ValueError."""
    return _encoder.encode(value)
