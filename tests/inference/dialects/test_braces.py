from __future__ import annotations

import pytest

from azrun.inference.dialects.braces import Braces


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        '{"a": {"b": [1, 2]}, "c": "}"}',
        r'{"a": "\"}", "b": "\\"}',
        '{"a": "\u00e9 ] {"}',
        "[[], {}]",
    ],
)
def test_the_end_is_found_in_any_pieces(text: str):
    for cut in range(len(text) + 1):
        braces = Braces()
        first = braces.feed(text[:cut])
        if cut == len(text):
            assert first == cut
            continue
        assert first is None
        assert braces.feed(text[cut:] + "}}") == len(text) - cut


def test_brackets_that_are_open_already():
    assert Braces(depth=1).feed(', "id": "}"} and more') == 12
