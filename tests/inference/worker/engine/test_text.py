from __future__ import annotations

import pytest

from azrun.inference.worker.engine.text import Text


def feed(text: Text, *pieces: bytes) -> list[str]:
    return [text.feed(piece) for piece in pieces]


def test_a_character_in_pieces():
    text = Text()
    assert feed(text, b"a\xe2", b"\x98", b"\x83b") == ["a", "", "\u2603b"]
    assert text.finish() == ""


def test_bytes_that_are_no_text():
    text = Text()
    assert feed(text, b"\xff", b"a") == ["\ufffd", "a"]
    assert feed(text, b"\xe2\x98") == [""]
    assert text.finish() == "\ufffd"


def test_a_stop_string_in_pieces():
    text = Text(("END",))
    assert feed(text, b"a E", b"N", b"D b") == ["a ", "", ""]
    assert text.stopped == "END"
    assert feed(text, b"more") == [""]
    assert text.finish() == ""


def test_what_began_as_a_stop_string_and_was_none():
    text = Text(("END",))
    assert feed(text, b"EN", b"EN", b"T") == ["", "EN", "ENT"]
    assert text.stopped is None


def test_what_was_held_back_comes_out_at_the_end():
    text = Text(("END",))
    assert feed(text, b"EN") == [""]
    assert text.finish() == "EN"


def test_the_first_stop_string_in_the_text_wins():
    text = Text(("b", "ab"))
    assert feed(text, b"xab") == ["x"]
    assert text.stopped == "ab"


@pytest.mark.parametrize("size", range(1, 12))
def test_however_it_is_cut(size: int):
    whole = "f\u00fcr \u2603 und \U0001f600 STOP hier".encode()
    text = Text(("STOP",))
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert "".join([*feed(text, *pieces), text.finish()]) == "f\u00fcr \u2603 und \U0001f600 "
