"""A function's response headers as bytes; what could split a response is refused."""

from __future__ import annotations

import re

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class BadHeader(Exception):
    """A header that HTTP does not allow."""


def encode_header(name: str, value: str) -> tuple[bytes, bytes]:
    """The pair as ASGI wants it. Raises BadHeader for what HTTP does not allow (RFC 9110, 5)."""
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise BadHeader(f"HTTP does not allow the response's header {name!r:.60}: {value!r:.60}")
    return name.lower().encode("ascii"), value.encode("latin-1")
