"""Python source as HTML, with its words told apart."""

from __future__ import annotations

import keyword
import re

from markupsafe import Markup

_KEYWORDS = "|".join([*keyword.kwlist, "match", "case"])
_WORDS = [
    ("comment", r"#[^\n]*"),
    ("string", r"""\b[bfrtuBFRTU]{0,2}(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""),
    ("string", r"""(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')"""),
    ("keyword", rf"\b(?:{_KEYWORDS})\b"),
    ("number", r"\b\d[\w.]*"),
    ("called", r"\b[A-Za-z_]\w*(?=\()"),
]
_LONG = ("string", r'[bfrtuBFRTU]{0,2}(?:"""[\s\S]*?"""|\'\'\'[\s\S]*?\'\'\')')


def highlight(lines: list[str]) -> list[Markup]:
    """The lines, escaped, with a <span> around what is a word of Python's.

    A string over several lines is known as one where both its ends are in the lines.
    """
    if not lines:
        return []
    text = "\n".join(lines)
    whole = text.count('"""') % 2 == 0 and text.count("'''") % 2 == 0
    words = [_LONG, *_WORDS] if whole else _WORDS
    pattern = re.compile("|".join(f"({expression})" for _, expression in words))
    classes = [name for name, _ in words]
    pieces, end = [], 0
    for found in pattern.finditer(text):
        name = classes[(found.lastindex or 1) - 1]
        pieces += [Markup.escape(text[end : found.start()]), _spans(name, found[0])]
        end = found.end()
    pieces.append(Markup.escape(text[end:]))
    return [Markup(line) for line in Markup("").join(pieces).split("\n")]


def _spans(name: str, text: str) -> Markup:
    """One <span> a line, so that each line is HTML of its own."""
    span = Markup('<span class="{}">{}</span>')
    return Markup("\n").join(span.format(name, line) for line in text.split("\n"))
