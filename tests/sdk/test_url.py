from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import pywhatwgurl

from azion import URL
from azion.errors import InvalidURL
from azion.url import _plain

WPT = Path(__file__).parents[2].parent / "shared" / "wpt" / "urltestdata.json"
PARTS = (
    "href", "origin", "protocol", "username", "password",
    "host", "hostname", "port", "pathname", "search", "hash",
)  # fmt: skip


@pytest.mark.skipif(not WPT.is_file(), reason="the web platform tests' data is not here")
def test_parses_as_the_web_platform_tests_expect() -> None:
    cases = [case for case in json.loads(WPT.read_text()) if isinstance(case, dict)]
    assert len(cases) > 800
    for case in cases:
        check(case)


def check(case: dict[str, Any]) -> None:
    url = URL.parse(case["input"], case["base"])
    if case.get("failure"):
        assert url is None, case
        return
    assert url is not None, case
    for part in PARTS:
        if part in case:
            assert getattr(url, part) == case[part], (part, case)


HOSTS = ("a", "a.b-c.com", "localhost", "127.0.0.1", "255.255.255.255", "x--y", "1a.b", "a1")
ODD_HOSTS = (
    "A", "1.2.3", "01.2.3.4", "256.1.1.1", "1.2.3.0x4", "a.1", "a.0x1", "xn--a", "b.xn--a.c",
    "a..b", "a.", "", "u@a", "é.com", "a_b", "[::1]", "a%41",
)  # fmt: skip
PORTS = ("", ":80", ":443", ":1", ":3333", ":65535", ":65536", ":080", ":99999", ":", ":x")
PATHS = (
    "", "/", "/a/b", "//", "/a//b/", "/a%20b%zz", "/.", "/a/..", "/..a", "/%2e", "/a/%2E%2e/b",
    "/a.b/c..", "/a b", "/a\\b", "/é", "/'", "/a|b", "/^", "/~!$&()*+,;=:@", "/\t",
)  # fmt: skip
QUERIES = ("", "?", "?a=b&c", "?a=/?@:", "?'", "?é", "?%2", "?a b", "?[]")
HASHES = ("", "#", "#a", "#a/?b", "#`", "##", "#é", "#a b")


def test_plain_addresses_are_what_the_whole_parser_makes_of_them() -> None:
    taken = 0
    shapes = itertools.chain(
        itertools.product(("http", "https"), HOSTS + ODD_HOSTS, PORTS, PATHS, ("?a=b",), ("#c",)),
        itertools.product(("http", "https", "ftp"), HOSTS, (":81",), ("/p",), QUERIES, HASHES),
    )
    for scheme, host, port, path, query, fragment in shapes:
        text = f"{scheme}://{host}{port}{path}{query}{fragment}"
        if _plain(text):
            taken += 1
            whole, url = pywhatwgurl.URL(text), URL(text)
            assert [getattr(url, p) for p in PARTS] == [getattr(whole, p) for p in PARTS], text
    assert taken > 500


def test_relative_addresses() -> None:
    assert URL("/b?c#d", "https://example.com/a").href == "https://example.com/b?c#d"
    assert URL("../x", URL("https://example.com/a/b/c")).href == "https://example.com/a/x"
    assert URL("https://other.example/", "https://example.com").host == "other.example"
    assert URL(URL("https://example.com/a")).href == "https://example.com/a"


@pytest.mark.parametrize("url", ["", "/a", "example.com", "http://", "http://a b/", "//x"])
def test_what_cannot_be_parsed(url: str) -> None:
    with pytest.raises(InvalidURL, match="Invalid URL"):
        URL(url)
    with pytest.raises(TypeError):
        URL(url)
    with pytest.raises(ValueError, match="Invalid URL"):
        URL(url)
    assert URL.parse(url) is None
    assert not URL.can_parse(url)
    assert URL.can_parse("/a", "http://a")
    assert URL.canParse("http://a")


def test_a_bad_base_is_refused_even_where_it_is_not_needed() -> None:
    with pytest.raises(InvalidURL, match="nowhere"):
        URL("https://example.com/", "nowhere")
    with pytest.raises(InvalidURL, match="nowhere"):
        URL("/a", "nowhere")


def test_every_part_can_be_assigned() -> None:
    url = URL("http://example.com/a?b#c")
    url.protocol = "https"
    url.username, url.password = "me", "p:w"
    url.hostname, url.port = "Example.ORG", "8443"
    url.pathname, url.search, url.hash = "/x y", "q=1", "z"
    assert url.href == "https://me:p%3Aw@example.org:8443/x%20y?q=1#z"
    url.host = "a.b:443"
    assert url.host == "a.b"
    url.href = "http://other/"
    assert str(url) == url.toString() == url.toJSON() == "http://other/"


def test_an_assigned_address_that_cannot_be_parsed_changes_nothing() -> None:
    url = URL("http://example.com/?a=1")
    with pytest.raises(InvalidURL):
        url.href = "nowhere"
    assert url.href == "http://example.com/?a=1"


def test_a_port_may_be_a_number() -> None:
    url = URL("http://example.com/")
    url.port = 8080
    assert url.href == "http://example.com:8080/"


def test_equal_by_address_and_not_hashable() -> None:
    assert URL("http://a") == URL("http://a/")
    assert URL("http://a/") != URL("http://b/")
    assert URL("http://a/") != "http://a/"
    with pytest.raises(TypeError):
        hash(URL("http://a/"))
    assert repr(URL("http://a")) == "URL('http://a/')"


def test_lone_surrogates_are_replaced() -> None:
    assert URL("http://a/\ud83d\udca9\ud800").pathname == "/%F0%9F%92%A9%EF%BF%BD"
