from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from azion import URL, URLSearchParams

WPT = Path(__file__).parents[2].parent / "shared" / "wpt" / "urlencoded-parser-data.json"


@pytest.mark.skipif(not WPT.is_file(), reason="the web platform tests' data is not here")
def test_parses_as_the_web_platform_tests_expect() -> None:
    for case in json.loads(WPT.read_text()):
        parsed = [list(pair) for pair in URLSearchParams(case["input"])]
        assert parsed == case["output"], case["input"]


def test_init_forms() -> None:
    assert list(URLSearchParams("?a=1&b=2&a=3")) == [("a", "1"), ("b", "2"), ("a", "3")]
    assert list(URLSearchParams("??a=1")) == [("?a", "1")]
    assert list(URLSearchParams({"a": "1"})) == [("a", "1")]
    assert list(URLSearchParams([("a", "1"), ("a", "2")])) == [("a", "1"), ("a", "2")]
    assert list(URLSearchParams()) == []
    first = URLSearchParams("a=1")
    second = URLSearchParams(first)
    second.append("b", "2")
    assert str(first) == "a=1"


@pytest.mark.parametrize("init", [["ab"], [("a",)], [("a", "b", "c")]])
def test_init_takes_pairs_only(init: Any) -> None:
    with pytest.raises(TypeError, match="pairs"):
        URLSearchParams(init)


def test_reading() -> None:
    params = URLSearchParams("a=1&b=&a=2")
    assert params.get("a") == params["a"] == "1"
    assert params.get("c") is None
    assert params.get("c", "0") == "0"
    assert params.get_all("a") == params.getAll("a") == ["1", "2"]
    assert params.has("b")
    assert params.has("a", "2")
    assert not params.has("a", "3")
    assert "a" in params
    assert 1 not in params
    assert params.size == len(params) == 3
    assert list(params.keys()) == ["a", "b", "a"]
    assert list(params.values()) == ["1", "", "2"]
    assert list(params.items()) == list(params.entries())
    assert dict(params) == {"a": "1", "b": ""}
    with pytest.raises(KeyError):
        params["c"]


def test_writing() -> None:
    params = URLSearchParams("a=1&b=2&a=3&c=4&a=5")
    params.set("a", "x")
    assert str(params) == "a=x&b=2&c=4"
    params["d"] = "y"
    params.append("b", "3")
    params.delete("b", "2")
    assert params.toString() == "a=x&c=4&d=y&b=3"
    del params["b"]
    params.delete("nothing")
    assert str(params) == "a=x&c=4&d=y"
    with pytest.raises(KeyError):
        del params["b"]


def test_numbers_and_booleans_are_written_as_text() -> None:
    numbers: Any = {"n": 1, "f": 1.5, "t": True}
    assert str(URLSearchParams(numbers)) == "n=1&f=1.5&t=true"


def test_serializes_as_a_form() -> None:
    params = URLSearchParams([("a b", "c&d=e"), ("é~!'()*-._", "\x00+%"), ("€", "💩")])
    assert str(params) == (
        "a+b=c%26d%3De&%C3%A9%7E%21%27%28%29*-._=%00%2B%25&%E2%82%AC=%F0%9F%92%A9"
    )
    assert str(URLSearchParams([("a", "\ud800")])) == "a=%EF%BF%BD"


def test_sort_is_by_utf_16_code_units_and_stable() -> None:
    params = URLSearchParams([("\uffff", "1"), ("💩", "2"), ("a", "3"), ("💩", "4")])
    params.sort()
    assert list(params) == [("a", "3"), ("💩", "2"), ("💩", "4"), ("\uffff", "1")]


def test_for_each_gives_value_name_params() -> None:
    params = URLSearchParams("a=1")
    seen: list[tuple[str, str, URLSearchParams]] = []
    params.forEach(lambda *given: seen.append(given))
    assert seen == [("1", "a", params)]


def test_params_of_a_url_change_it() -> None:
    url = URL("https://example.com/p?a=1#h")
    url.search_params.append("b", "x y")
    assert url.href == "https://example.com/p?a=1&b=x+y#h"
    url.search_params.delete("a")
    url.search_params.delete("b")
    assert url.href == "https://example.com/p#h"
    assert url.search == ""


def test_a_url_changes_its_params() -> None:
    url = URL("https://example.com/?a=1")
    params = url.searchParams
    url.search = "?b=2&c=%20"
    assert list(params) == [("b", "2"), ("c", " ")]
    url.href = "https://example.org/?d=4"
    assert list(params) == [("d", "4")]
    url.search = ""
    assert list(params) == []
    assert url.search_params is params


def test_repr_shows_the_query() -> None:
    assert repr(URLSearchParams("a=1")) == "URLSearchParams('a=1')"
