from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from azion import Headers


def test_names_have_no_case() -> None:
    headers = Headers({"Content-Type": "text/html"})
    assert headers.get("CONTENT-TYPE") == "text/html"
    assert headers.has("content-type")
    assert "Content-type" in headers
    assert list(headers) == [("content-type", "text/html")]


def test_values_of_one_name_are_combined_in_the_order_they_came() -> None:
    headers = Headers([("b", "1"), ("a", "x"), ("B", "2")])
    assert list(headers) == [("a", "x"), ("b", "1, 2")]
    assert headers.get("b") == "1, 2"
    assert list(headers.keys()) == ["a", "b"]
    assert list(headers.values()) == ["x", "1, 2"]
    assert list(headers.items()) == list(headers.entries()) == list(headers)


def test_set_cookie_is_never_combined_when_iterated() -> None:
    headers = Headers([("set-cookie", "a=1"), ("z", "1"), ("Set-Cookie", "b=2"), ("a", "0")])
    assert list(headers) == [
        ("a", "0"),
        ("set-cookie", "a=1"),
        ("set-cookie", "b=2"),
        ("z", "1"),
    ]
    assert headers.get_set_cookie() == headers.getSetCookie() == ["a=1", "b=2"]
    assert headers.get("set-cookie") == "a=1, b=2"
    assert Headers().get_set_cookie() == []


def test_set_replaces_and_append_adds() -> None:
    headers = Headers()
    headers.append("a", "1")
    headers.append("A", "2")
    assert headers.get("a") == "1, 2"
    headers.set("A", "3")
    assert headers.get("a") == "3"
    headers.delete("A")
    assert headers.get("a") is None
    headers.delete("a")


def test_surrounding_whitespace_of_a_value_is_dropped() -> None:
    headers = Headers({"a": " \t\r\n b  c\n\t "})
    assert headers.get("a") == "b  c"
    headers.append("empty", "")
    assert headers.get("empty") == ""


@pytest.mark.parametrize("name", ["", " ", "a b", "a:", "é", "a\n", "(a)", 'a"', "a/b", "ẞ"])
def test_invalid_names_are_refused_everywhere(name: str) -> None:
    headers = Headers()
    with pytest.raises(TypeError, match="not a valid header name"):
        headers.append(name, "1")
    with pytest.raises(TypeError, match="not a valid header name"):
        headers.set(name, "1")
    with pytest.raises(TypeError, match="not a valid header name"):
        headers.get(name)
    with pytest.raises(TypeError, match="not a valid header name"):
        headers.has(name)
    with pytest.raises(TypeError, match="not a valid header name"):
        headers.delete(name)
    with pytest.raises(TypeError, match="not a valid header name"):
        Headers({name: "1"})
    assert name not in headers


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\0b", "\0", "€", "a\u0100"])
def test_invalid_values_are_refused(value: str) -> None:
    with pytest.raises(TypeError, match="not a valid header value"):
        Headers().append("a", value)


def test_latin_1_and_control_characters_are_valid_in_values() -> None:
    assert Headers({"a": "caf\xe9 \x01\x7f"}).get("a") == "caf\xe9 \x01\x7f"


def test_whole_numbers_are_written_as_text_and_nothing_else_is() -> None:
    numbers: Any = {"content-length": 12}
    assert Headers(numbers).get("content-length") == "12"
    for wrong in (None, True, 1.5, ["a"], b"a"):
        with pytest.raises(TypeError, match="A header's value is a str"):
            Headers().set("a", wrong)  # type: ignore[arg-type]


def test_init_from_headers_is_a_copy() -> None:
    first = Headers([("set-cookie", "a"), ("set-cookie", "b")])
    second = Headers(first)
    second.append("set-cookie", "c")
    assert first.get_set_cookie() == ["a", "b"]
    assert second.get_set_cookie() == ["a", "b", "c"]


@pytest.mark.parametrize("init", [[("a",)], [("a", "b", "c")], ["ab"], "ab"])
def test_init_takes_pairs_only(init: Any) -> None:
    with pytest.raises(TypeError, match="pairs"):
        Headers(init)


def test_incoming_headers_are_immutable_and_their_copy_is_not() -> None:
    headers = Headers._from_host([["Host", "a"], ["X-A", " 1 "], ["x-a", "2"]])
    assert list(headers) == [("host", "a"), ("x-a", "1, 2")]
    changes: list[Callable[[], None]] = [
        lambda: headers.set("a", "b"),
        lambda: headers.append("a", "b"),
        lambda: headers.delete("host"),
        lambda: headers.__setitem__("a", "b"),
        lambda: headers.__delitem__("host"),
    ]
    for change in changes:
        with pytest.raises(TypeError, match="immutable"):
            change()
    copy = Headers(headers)
    copy.set("a", "b")
    assert copy["a"] == "b"
    assert "a" not in headers


def test_a_bad_name_is_told_before_immutability() -> None:
    with pytest.raises(TypeError, match="not a valid header name"):
        Headers._from_host([]).set("a b", "c")


def test_items_as_in_a_dict() -> None:
    headers = Headers({"B": "2"})
    headers["A"] = "1"
    assert headers["a"] == "1"
    assert dict(headers) == {"a": "1", "b": "2"}
    del headers["A"]
    with pytest.raises(KeyError):
        headers["a"]
    with pytest.raises(KeyError):
        del headers["a"]
    assert headers.get("a", "none") == "none"
    assert 1 not in headers
    assert bool(Headers())


def test_for_each_gives_value_name_headers() -> None:
    headers = Headers({"b": "2", "a": "1"})
    seen: list[tuple[str, str, Headers]] = []
    headers.forEach(lambda *given: seen.append(given))
    assert seen == [("1", "a", headers), ("2", "b", headers)]


def test_repr_shows_the_pairs() -> None:
    assert repr(Headers({"A": "b"})) == "Headers([('a', 'b')])"
