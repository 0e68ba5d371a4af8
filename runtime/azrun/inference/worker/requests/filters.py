"""The filters that chat templates may use."""

from __future__ import annotations

import json
from typing import Any

from jinja2.exceptions import FilterArgumentError
from jinja2.filters import do_indent

WIDEST = 64  # characters of one indent

# Of Jinja's own: those that make nothing large from something small.
_OF_JINJA = (
    "abs attr capitalize count d default dictsort e escape first float groupby int items last"
    " length list lower map max min reject rejectattr reverse safe select selectattr sort string"
    " title trim truncate unique upper urlencode wordcount"
)
KEPT = frozenset(_OF_JINJA.split())


def _tojson(
    value: Any,
    ensure_ascii: bool = False,
    indent: int | str | None = None,
    separators: tuple[str, str] | None = None,
    sort_keys: bool = False,
) -> str:
    _check_width(indent)
    for separator in separators or ():
        _check_width(separator)
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators,
                      sort_keys=sort_keys)  # fmt: skip


def _indent(text: Any, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    _check_width(width)
    return do_indent(str(text), width, first, blank)


def _check_width(width: Any) -> None:
    if (len(width) if isinstance(width, str) else int(width or 0)) > WIDEST:
        raise FilterArgumentError(f"an indent of more than {WIDEST} characters")


OWN = {"tojson": _tojson, "indent": _indent}
