from __future__ import annotations

import pytest

from azrun.dev.highlight import highlight


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("return 1", '<span class="keyword">return</span> <span class="number">1</span>'),
        ("returned = x1", "returned = x1"),
        ("# if <b>", '<span class="comment"># if &lt;b&gt;</span>'),
        ("s = 'a#b'", 's = <span class="string">&#39;a#b&#39;</span>'),
        ("rb'x'", '<span class="string">rb&#39;x&#39;</span>'),
        ("f(a)", '<span class="called">f</span>(a)'),
        ("", ""),
    ],
)
def test_words_are_told_apart_and_all_is_escaped(source: str, html: str) -> None:
    assert highlight([source]) == [html]


def test_a_string_over_lines_has_a_span_on_each() -> None:
    span = '<span class="string">{}</span>'
    assert highlight(["'''if", "not'''", "x"]) == [
        span.format("&#39;&#39;&#39;if"),
        span.format("not&#39;&#39;&#39;"),
        "x",
    ]


def test_half_a_string_over_lines_is_not_guessed_at() -> None:
    assert highlight(['if it ends"""', "if x:"])[1] == '<span class="keyword">if</span> x:'


def test_no_lines() -> None:
    assert highlight([]) == []
